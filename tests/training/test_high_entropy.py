import math

import pytest
import torch
from datasets import Dataset
from transformers import AutoProcessor
from trl import GRPOConfig, GRPOTrainer

from tests.training.helpers import gradients, loss_and_gradients
from video_ktr.errors import ConfigError
from video_ktr.training import HighEntropyConfig, HighEntropyTrainer, VideoGRPOTrainer


def seeded(rollouts, trainer, rows):
    torch.manual_seed(5)
    return rollouts(trainer, rows)


def shifted(model):
    """So that ratios and KL term are not trivial."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.02)


def test_the_loss_is_trls_own_on_text(build_trainer, rollouts, rows, checkpoint, tmp_path):
    trainer = build_trainer(HighEntropyTrainer, beta=0.3, num_iterations=2)
    batch = rollouts(trainer, [rows[6], {**rows[6], "prompt": [{"role": "user", "content": "what is red ?"}]}])
    shifted(trainer.model)
    loss, grads = loss_and_gradients(trainer, batch)
    args = GRPOConfig(
        str(tmp_path / "theirs"), top_entropy_quantile=0.2, beta=0.3, num_iterations=2, loss_type="grpo",
        use_bias_correction_kl=False, per_device_train_batch_size=8, num_generations=4, max_completion_length=10,
        bf16=False, use_cpu=True, gradient_checkpointing=False, report_to=[],
    )  # fmt: skip
    theirs = GRPOTrainer(
        checkpoint, lambda completions, **_: [0.0] * len(completions), args,
        train_dataset=Dataset.from_list(rows[6:]), processing_class=AutoProcessor.from_pretrained(checkpoint),
    )  # fmt: skip
    theirs.model.load_state_dict(trainer.model.state_dict())
    theirs.current_gradient_accumulation_steps = 1
    text = {key: value for key, value in batch.items() if key not in ("prompts", "known_entropies")}
    expected, _ = loss_and_gradients(theirs, text)
    assert loss == pytest.approx(expected, abs=1e-6)
    for name, gradient in gradients(theirs.model).items():
        torch.testing.assert_close(grads[name], gradient, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("share_prefix", [True, False])
def test_policy_term_on_selected_tokens_kl_on_all_divided_by_all(build_trainer, rollouts, rows, share_prefix):
    trainer = build_trainer(HighEntropyTrainer, beta=0.4, share_prefix=share_prefix, top_entropy_quantile=0.3)
    batch = rollouts(trainer, [rows[0], rows[6]])
    batch["ref_per_token_logps"] = batch["ref_per_token_logps"] - 0.3
    original, seen = trainer._shape_loss, []

    def look(inputs, scores):
        scores[0].retain_grad()
        seen.extend(scores)
        original(inputs, scores)

    trainer._shape_loss = look
    trainer._compute_loss(trainer.model, batch).backward()
    log_probs_BT, entropies_BT = seen
    mask_BT = batch["completion_mask"].bool()
    threshold = torch.quantile(entropies_BT[mask_BT], 0.7)
    chosen_BT = mask_BT & (entropies_BT >= threshold)
    assert 0.3 <= chosen_BT.sum() / mask_BT.sum() < 0.4
    kl = 0.4 * (1 - math.exp(-0.3))  # beta times the gradient of exp(d) - d - 1 at d = ref - l = -0.3
    expected_BT = (kl - batch["advantages"][:, None] * chosen_BT) * mask_BT / mask_BT.sum(1, keepdim=True) / 8
    torch.testing.assert_close(log_probs_BT.grad, expected_BT, atol=1e-5, rtol=1e-4)


def test_all_tokens_is_plain_grpo(build_trainer, rollouts, rows):
    plain = build_trainer(VideoGRPOTrainer, beta=0.1)
    expected, _ = loss_and_gradients(plain, seeded(rollouts, plain, rows[:2]))
    trainer = build_trainer(HighEntropyTrainer, beta=0.1, top_entropy_quantile=1.0)
    assert loss_and_gradients(trainer, seeded(rollouts, trainer, rows[:2]))[0] == pytest.approx(expected, abs=1e-6)


def test_a_run_moves_weights(build_trainer):
    trainer = build_trainer(HighEntropyTrainer, max_steps=1)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    assert any(not torch.equal(p, before[name]) for name, p in trainer.model.named_parameters())


def test_default_and_range():
    assert HighEntropyConfig("run", use_cpu=True, bf16=False).top_entropy_quantile == 0.2
    with pytest.raises(ConfigError, match=r"top_entropy_quantile is 1.2: give a share between 0 and 1"):
        HighEntropyConfig("run", use_cpu=True, bf16=False, top_entropy_quantile=1.2)
