"""What reaches the loss: a mask of ones, an empty rollout, the KL term, advantages, entropy selection."""

import math

import pytest
import torch

from video_ktr.attribution import KeyTokenConfig, TokenSignals, select_key_tokens
from video_ktr.training import HighEntropyTrainer, VideoGRPOTrainer, VideoKTRTrainer
from video_ktr.training.key_token_loss import key_token_inputs, shaped_reference

# Two completions, of three tokens and of two.
MASK = torch.tensor([[1, 1, 1], [1, 1, 0]])
LENGTHS = torch.tensor([[3.0], [2.0]])
ADVANTAGES = torch.tensor([1.0, -1.0])
LOG_PROBS = torch.tensor([[-1.0, -2.0, -0.5], [-0.7, -1.5, 0.0]])
REFERENCE = LOG_PROBS - math.log(2)
"""So that d = -ln 2 everywhere: the KL term is 1/2 + ln 2 - 1, and its gradient 1 - 1/2."""
KL = 0.5 + math.log(2) - 1


def by_key_tokens(config, visual):
    keys = select_key_tokens(TokenSignals(visual_BT=visual), MASK, config, group_size=2)
    return key_token_inputs({"advantages": ADVANTAGES, "completion_mask": MASK}, keys, config)


def visual_only(ratio, **settings):
    return KeyTokenConfig(visual_ratio=ratio, temporal_ratio=None, entropy_ratio=None, **settings)


@pytest.mark.parametrize("settings", [{}, {"kl_tokens": "selected", "normalizer": "selected"}], ids=["all", "official"])
def test_a_a_mask_of_all_ones_is_grpo(build_trainer, hand_loss, settings):
    # L = mean over i of (-A_i + 0.5 k); with A = 1 and -1 the policy term is 0 in value.
    plain = hand_loss(
        build_trainer(VideoGRPOTrainer, beta=0.5), LOG_PROBS, MASK, advantages=ADVANTAGES, ref_per_token_logps=REFERENCE
    )
    inputs = by_key_tokens(visual_only(1.0, **settings), torch.randn(2, 3))
    loss, gradient_BT = hand_loss(
        build_trainer(VideoKTRTrainer, beta=0.5), LOG_PROBS, MASK, **inputs, ref_per_token_logps=REFERENCE
    )
    expected_BT = (0.5 * 0.5 - ADVANTAGES[:, None]) * MASK / LENGTHS / 2
    assert loss == pytest.approx(plain[0], abs=1e-7)
    assert loss == pytest.approx(0.5 * KL, abs=1e-6)
    torch.testing.assert_close(gradient_BT, expected_BT)
    torch.testing.assert_close(gradient_BT, plain[1])


def test_d_an_empty_rollout_gives_a_finite_loss(build_trainer, hand_loss):
    # The second completion's scores are all below the group's quantile: nothing of it is selected.
    config = KeyTokenConfig.preset("official", visual_ratio=0.4, temporal_ratio=None, entropy_ratio=None)
    inputs = by_key_tokens(config, torch.tensor([[5.0, 4.0, 3.0], [0.2, 0.1, 9.0]]))
    # Five tokens, quantile position 0.6 * 4 = 2.4 between 3 and 4: the two highest.
    assert inputs["tool_mask"].tolist() == [[1, 1, 0], [0, 0, 0]]
    loss, gradient_BT = hand_loss(
        build_trainer(preset="official", beta=0.04), LOG_PROBS, MASK, **inputs, ref_per_token_logps=REFERENCE
    )
    # The first: two tokens of two count, -1 + 0.04 k each; the second adds 0; mean over both.
    assert loss == pytest.approx((-1 + 0.04 * KL) / 2, abs=1e-6)
    torch.testing.assert_close(gradient_BT[0], torch.tensor([1.0, 1.0, 0.0]) * (0.04 * 0.5 - 1) / 2 / 2)
    assert gradient_BT[1].tolist() == [0.0, 0.0, 0.0]


def test_g_k3_value_and_gradient_at_the_clamp(build_trainer, hand_loss):
    # d = reference - log pi: 2 and -3 inside, 12 and -12 outside of [-10, 10].
    d_T = torch.tensor([2.0, -3.0, 12.0, -12.0])
    log_probs_BT = torch.full((1, 4), -20.0)
    loss, gradient_BT = hand_loss(
        build_trainer(kl_clamp=10.0, beta=1.0),
        log_probs_BT,
        torch.ones(1, 4).long(),
        advantages=torch.zeros(1, 4),
        ref_per_token_logps=log_probs_BT + d_T,
    )
    values = [math.exp(d) - d - 1 for d in (2, -3, 10, -10)]
    assert loss == pytest.approx(sum(values) / 4, rel=1e-5)
    expected = torch.tensor([[1 - math.exp(2), 1 - math.exp(-3), 0.0, 0.0]]) / 4
    torch.testing.assert_close(gradient_BT, expected, atol=1e-5, rtol=1e-5)
    # On both sides of the clamp: 1 - e^d just inside, 0 just outside.
    leaf = torch.tensor([[-20.0, -20.0]], requires_grad=True)
    d = shaped_reference(torch.tensor([[-10.0625, -9.9375]]), leaf, clamp=10.0) - leaf
    (d.exp() - d - 1).sum().backward()
    assert leaf.grad.tolist() == [[pytest.approx(1 - math.exp(9.9375), rel=1e-5), 0.0]]


def pattern(completions, **_):
    return [float("1001"[row % 4]) for row in range(len(completions))]


@pytest.mark.parametrize("kind", [VideoGRPOTrainer, VideoKTRTrainer])
def test_h_advantages_divide_by_the_deviation_of_a_sample(build_trainer, rollouts, rows, kind):
    # Rewards 1, 0, 0, 1: mean 1/2, squared deviations 4 * 1/4 = 1, over 3: 0.57735, plus 1e-4.
    batch = rollouts(build_trainer(kind, reward_funcs=pattern), rows[6:])
    advantages = batch["advantages"]
    found_B = advantages if advantages.dim() == 1 else torch.stack([row[row.abs().argmax()] for row in advantages])
    expected = 0.5 / (math.sqrt(1 / 3) + 1e-4)
    assert found_B.tolist() == pytest.approx([expected, -expected, -expected, expected], abs=1e-5)


def test_m_entropy_selection_leaves_the_kl_term_and_the_divisor_alone(build_trainer, hand_loss):
    # rho = 0.4 of five tokens: quantile 0.6, position 2.4 between 3 and 4; the entropies 4 and 5 pass.
    entropies_BT = torch.tensor([[1.0, 5.0, 2.0], [4.0, 3.0, 99.0]])
    selected_BT = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    loss, gradient_BT = hand_loss(
        build_trainer(HighEntropyTrainer, beta=0.5, top_entropy_quantile=0.4),
        LOG_PROBS,
        MASK,
        entropies_BT=entropies_BT,
        advantages=ADVANTAGES,
        ref_per_token_logps=REFERENCE,
    )
    # Policy: -1 / 3 and +1 / 2, by all tokens of each; KL: 0.5 k of each.
    assert loss == pytest.approx((-1 / 3 + 1 / 2) / 2 + 0.5 * KL, abs=1e-6)
    expected_BT = (0.5 * 0.5 - ADVANTAGES[:, None] * selected_BT) * MASK / LENGTHS / 2
    torch.testing.assert_close(gradient_BT, expected_BT)
