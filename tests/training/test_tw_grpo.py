import math

import pytest
import torch

from tests.scoring.oracle import plain_logits
from tests.training.helpers import loss_and_gradients
from video_ktr.errors import ConfigError
from video_ktr.training import TWGRPOConfig, TWGRPOTrainer, VideoGRPOTrainer
from video_ktr.training.divergence_weights import divergence, min_max_weights


def seeded(rollouts, trainer, rows):
    torch.manual_seed(5)
    return rollouts(trainer, rows)


def weights_by_hand(model, batch, rows, *, logits=False, alpha=1.7):
    """(T) of one group, every full sequence by itself."""
    mask_GT = batch["completion_mask"][rows]
    mask_GT = mask_GT[:, : int(mask_GT.any(0).sum())]
    values = []
    for row, mask_T in zip(range(len(batch["completion_ids"]))[rows], mask_GT, strict=True):
        ids_T = batch["completion_ids"][row, : int(mask_T.sum())]
        values_TV = plain_logits(model, batch["prompts"][row], ids_T)
        values_TV = values_TV if logits else values_TV.log_softmax(-1)
        values.append(torch.nn.functional.pad(values_TV, (0, 0, 0, mask_GT.shape[1] - len(values_TV))))
    return min_max_weights(divergence(torch.stack(values), mask_GT), alpha)


@pytest.mark.parametrize("tw_input", ["log_probs", "logits"])
def test_weights_are_those_of_the_full_sequences(build_trainer, rollouts, rows, tw_input):
    trainer = build_trainer(TWGRPOTrainer, tw_input=tw_input)
    batch = rollouts(trainer, [rows[0], rows[6]])
    assert batch["advantages"].shape == batch["completion_mask"].shape
    for start in (0, 4):
        group = slice(start, start + 4)
        with torch.no_grad():
            expected_T = weights_by_hand(trainer.model, batch, group, logits=tw_input == "logits")
        weights_GT = batch["token_weights"][group]
        assert expected_T.max() == pytest.approx(1.7, abs=1e-4)
        for weights_T in weights_GT:
            torch.testing.assert_close(weights_T[: len(expected_T)], expected_T, atol=2e-4, rtol=0)
            assert (weights_T[len(expected_T) :] == 1).all()


@pytest.mark.parametrize("loss_type", ["bnpo", "grpo"])
@pytest.mark.parametrize("beta", [0.0, 0.4])
def test_loss_weighs_policy_and_kl_and_divides_by_all_tokens(build_trainer, rollouts, rows, loss_type, beta):
    trainer = build_trainer(TWGRPOTrainer, loss_type=loss_type, beta=beta)
    batch = rollouts(trainer, [rows[0], rows[6]])
    if beta:
        batch["ref_per_token_logps"] = batch["ref_per_token_logps"] - 0.3
    original, seen = trainer._shape_loss, []

    def look(inputs, scores):
        scores[0].retain_grad()
        seen.append(scores[0])
        original(inputs, scores)

    trainer._shape_loss = look
    loss = trainer._compute_loss(trainer.model, batch)
    loss.backward()
    mask_BT, weights_BT = batch["completion_mask"], batch["token_weights"]
    share_BT = mask_BT / mask_BT.sum() if loss_type == "bnpo" else mask_BT / mask_BT.sum(1, keepdim=True) / 8
    kl_slope = beta * (1 - math.exp(-0.3))
    kl_BT = beta * weights_BT * (math.exp(-0.3) + 0.3 - 1)
    expected_BT = (kl_slope * weights_BT - batch["advantages"]) * share_BT
    torch.testing.assert_close(seen[0].grad, expected_BT, atol=1e-5, rtol=1e-4)
    assert loss.item() == pytest.approx(((kl_BT - batch["advantages"]) * share_BT).sum().item(), abs=1e-5)


def test_weights_of_one_are_plain_grpo(build_trainer, rollouts, rows):
    plain = build_trainer(VideoGRPOTrainer, beta=0.1, loss_type="bnpo")
    expected, expected_grads = loss_and_gradients(plain, seeded(rollouts, plain, rows[:2]))
    trainer = build_trainer(TWGRPOTrainer, beta=0.1, divergence_alpha=1.0)
    loss, grads = loss_and_gradients(trainer, seeded(rollouts, trainer, rows[:2]))
    assert loss == pytest.approx(expected, abs=1e-6)
    for name, gradient in expected_grads.items():
        torch.testing.assert_close(grads[name], gradient, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("share_prefix", [True, False])
def test_gradient_through_the_weights_is_that_of_a_hand_written_loss(build_trainer, rollouts, rows, share_prefix):
    trainer = build_trainer(TWGRPOTrainer, weight_grad=True, share_prefix=share_prefix)
    batch = rollouts(trainer, [rows[0], rows[6]])
    # Advantages that add up to 0 would cancel: the weight of a position is the same for the whole group.
    batch["advantages"] = torch.tensor([1.0, 2.0, -0.5, 0.3, 0.7, -1.0, 0.0, 1.5])
    loss, grads = loss_and_gradients(trainer, batch)

    trainer.model.zero_grad()
    total = 0.0
    for start in (0, 4):
        group = slice(start, start + 4)
        weights_T = weights_by_hand(trainer.model, batch, group)
        for row in range(8)[group]:
            length = int(batch["completion_mask"][row].sum())
            ids_T = batch["completion_ids"][row, :length]
            log_probs_TV = plain_logits(trainer.model, batch["prompts"][row], ids_T).log_softmax(-1)
            log_probs_T = log_probs_TV.gather(-1, ids_T[:, None])[:, 0]
            ratio_T = (log_probs_T - log_probs_T.detach()).exp()
            total = total - (weights_T[:length] * ratio_T * batch["advantages"][row]).sum()
    expected = total / batch["completion_mask"].sum()
    expected.backward()
    assert loss == pytest.approx(expected.item(), abs=1e-4)
    for name, parameter in trainer.model.named_parameters():
        if parameter.grad is not None:
            largest = max(1.0, parameter.grad.abs().max().item())
            assert (grads[name] - parameter.grad).abs().max() <= 2e-4 * largest, name


def test_gradients_through_the_weights_differ_from_detached_ones(build_trainer, rollouts, rows):
    grads = []
    for weight_grad in (False, True):
        trainer = build_trainer(TWGRPOTrainer, weight_grad=weight_grad)
        batch = seeded(rollouts, trainer, rows[:1])
        weights_BT = batch.get("token_weights", torch.ones(1))
        advantages_B = torch.tensor([1.0, 2.0, -0.5, 0.3])
        batch["advantages"] = advantages_B if weight_grad else advantages_B[:, None] * weights_BT
        grads.append(loss_and_gradients(trainer, batch)[1])
    assert any((grads[0][name] - gradient).abs().max() > 1e-2 for name, gradient in grads[1].items())


@pytest.mark.parametrize("settings", [{}, {"weight_grad": True, "beta": 0.1}])
def test_a_run_with_micro_batches_logs_weights(build_trainer, settings):
    trainer = build_trainer(
        TWGRPOTrainer, per_device_train_batch_size=4, gradient_accumulation_steps=2, max_steps=1, **settings
    )
    trainer.train()
    (line,) = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert 1.0 < line["token_weight"] < 1.7
    assert math.isfinite(line["loss"])


def test_evaluation_is_plain(build_trainer, rows):
    trainer = build_trainer(TWGRPOTrainer)
    trainer.model.eval()
    trainer.current_gradient_accumulation_steps = 1
    batch = trainer._generate_and_score_completions([rows[0]] * 4)
    assert "token_weights" not in batch


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"divergence_alpha": -0.1}, "divergence_alpha is -0.1"),
        ({"loss_type": "dapo"}, "loss_type is 'dapo': TW-GRPO knows"),
        ({"weight_grad": True, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2}, "in a micro-batch"),
        ({"beta": 0.1, "use_bias_correction_kl": True}, "use_bias_correction_kl"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        TWGRPOConfig(
            "run", use_cpu=True, bf16=False, num_generations=8, **{"per_device_train_batch_size": 8, **settings}
        )


def test_defaults_are_those_of_the_script():
    config = TWGRPOConfig("run", use_cpu=True, bf16=False)
    assert (config.loss_type, config.epsilon, config.epsilon_high, config.divergence_alpha) == ("bnpo", 0.2, 0.28, 1.7)
    assert (config.beta, config.weight_grad, config.tw_input) == (0.0, False, "log_probs")
