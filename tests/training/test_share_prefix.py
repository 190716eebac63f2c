"""`share_prefix` on and off in the trainers: the same loss and gradients for fewer passes."""

import json
import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
import torch
from peft import LoraConfig
from transformers import AutoModelForImageTextToText

from tests.training.helpers import loss_and_gradients
from video_ktr.scoring import Completions, CompletionScorer
from video_ktr.training import VideoGRPOTrainer, VideoKTRTrainer
from video_ktr.training.micro_batches import distinct

SCRIPT = Path(__file__).with_name("two_processes.py")


def agree(trainer, batch):
    """The micro-batch's loss and gradients, once they have been found equal with sharing off."""
    loss, gradients = loss_and_gradients(trainer, batch)
    trainer.args.share_prefix = False
    # With a frozen vision tower the batch holds views, which the plain pass has no use for.
    encoded = {**batch, "prompts": trainer._rows.per_row}
    plain_loss, plain_gradients = loss_and_gradients(trainer, encoded)
    trainer.args.share_prefix = True
    assert loss == pytest.approx(plain_loss, abs=1e-5)
    # A row or token that moves nothing leaves no gradient behind in one pass and zeros in the other.
    for name in gradients.keys() | plain_gradients.keys():
        expected = plain_gradients.get(name, torch.zeros(()))
        found = gradients.get(name, torch.zeros_like(expected))
        largest = expected.abs().max().clamp(min=1e-6)
        assert (found - expected).abs().max() / largest < 1e-3, name
    return loss, gradients


@pytest.mark.parametrize("kind", [VideoGRPOTrainer, VideoKTRTrainer])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"beta": 0.1},
        {"num_iterations": 2, "beta": 0.1},
        {"loss_type": "dapo"},
        {"importance_sampling_level": "sequence"},
        {"entropy_coef": 0.01},
        {"gradient_checkpointing": True},
    ],
    ids=lambda settings: "-".join(map(str, settings)) or "default",
)
def test_losses_and_gradients_agree(build_trainer, rollouts, rows, kind, settings):
    trainer = build_trainer(kind, **settings)
    _, gradients = agree(trainer, rollouts(trainer, [rows[0], rows[5], rows[6]]))
    # Two passes that moved nothing would agree as well.
    assert max(gradient.abs().max() for gradient in gradients.values()) > 1e-4


@pytest.mark.parametrize(
    "key_tokens", [{"kl_tokens": "selected"}, {"normalizer": "selected"}, {"weighting": "sigmoid"}]
)
def test_key_token_variants_agree(build_trainer, rollouts, rows, key_tokens):
    trainer = build_trainer(key_tokens=key_tokens, beta=0.1)
    _, gradients = agree(trainer, rollouts(trainer, rows[:2]))
    assert max(gradient.abs().max() for gradient in gradients.values()) > 1e-4


def test_adapters_agree(build_trainer, rollouts, rows):
    adapter = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    trainer = build_trainer(peft_config=adapter, beta=0.1)
    _, gradients = agree(trainer, rollouts(trainer, rows[:2]))
    assert all("lora" in name for name in gradients)


@pytest.mark.parametrize("size", [1, 3, 4, 6, 12])
def test_micro_batches_of_any_size_give_the_gradient_of_the_whole(build_trainer, rollouts, rows, size):
    trainer = build_trainer(VideoGRPOTrainer)
    batch = rollouts(trainer, rows[:3])
    _, whole = loss_and_gradients(trainer, batch)
    total = {name: torch.zeros_like(gradient) for name, gradient in whole.items()}
    for start in range(0, 12, size):
        whole_batch = {k: v for k, v in batch.items() if v is None or (isinstance(v, torch.Tensor) and not v.dim())}
        part = {k: v[start : start + size] for k, v in batch.items() if k not in whole_batch} | whole_batch
        for name, gradient in loss_and_gradients(trainer, part)[1].items():
            total[name] += gradient * size / 12
    for name, gradient in whole.items():
        torch.testing.assert_close(total[name], gradient, atol=1e-5, rtol=1e-3)


def test_half_precision_weighs_the_tokens_that_a_third_pass_would(build_trainer, rollouts, rows, checkpoint):
    model = AutoModelForImageTextToText.from_pretrained(checkpoint, dtype=torch.bfloat16)
    trainer = build_trainer(model=model)
    batch = rollouts(trainer, rows[:2])
    assert batch["advantages"].dim() == 1
    inputs = dict(batch)
    scores = trainer._score_micro_batch(trainer.model, inputs)
    trainer._shape_loss(inputs, scores)
    scorer = CompletionScorer(model, temperature=trainer.temperature)
    prompts, prompt_of_row = distinct(batch["prompts"])
    third = scorer.score(
        scorer.view(prompts), Completions(batch["completion_ids"], batch["completion_mask"], prompt_of_row)
    )
    assert torch.equal(scores[0].detach(), third.log_probs_BT)
    expected = trainer._key_token_inputs(batch, trainer._generation, third)
    assert torch.equal(inputs["advantages"], expected["advantages"])
    assert (inputs["advantages"] != 0).any()


def test_a_deferred_choice_is_recorded_a_micro_batch_at_a_time(build_trainer, checkpoint, tmp_path):
    model = AutoModelForImageTextToText.from_pretrained(checkpoint, dtype=torch.bfloat16)
    trainer = build_trainer(
        model=model, max_steps=1, per_device_train_batch_size=4, gradient_accumulation_steps=2, token_record_rate=1.0
    )
    trainer.train()
    names = sorted(file.name for file in (tmp_path / "run" / "tokens").iterdir())
    assert names == ["step-000000-0-0-0000.parquet", "step-000000-0-0-0004.parquet"]


def test_equal_rewards_are_not_attributed(build_trainer, rollouts, rows, monkeypatch):
    tokens = []
    original = CompletionScorer.score

    def count(self, views, completions, **kwargs):
        tokens.append(int(completions.mask_BT.sum()))
        return original(self, views, completions, **kwargs)

    monkeypatch.setattr(CompletionScorer, "score", count)

    def second_group_only(**_):
        return [0.0] * 4 + [float(i) for i in range(4)]

    trainer = build_trainer(reward_funcs=second_group_only)
    batch = rollouts(trainer, rows[:2])
    assert tokens == [int(batch["completion_mask"][4:].sum())] * 2
    assert not batch["advantages"][:4].any()
    assert trainer._metrics["train"]["key_tokens/skipped_rows"] == [4.0]
    # The KL term of key tokens alone needs to know them in every row.
    tokens.clear()
    confined = build_trainer(reward_funcs=second_group_only, beta=0.1, key_tokens={"kl_tokens": "selected"})
    batch = rollouts(confined, rows[:2])
    assert tokens[-2:] == [int(batch["completion_mask"].sum())] * 2


def test_a_step_without_any_advantage_trains_nothing_and_goes_on(build_trainer):
    trainer = build_trainer(reward_funcs=lambda completions, **_: [1.0] * len(completions), learning_rate=1.0)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    assert all(torch.equal(p, before[name]) for name, p in trainer.model.named_parameters())
    assert "key_tokens/update_ratio" not in trainer.state.log_history[0] or (
        trainer.state.log_history[0]["key_tokens/update_ratio"] is None
    )


def test_pixels_are_let_go_after_their_last_use(build_trainer, monkeypatch):
    held = []
    trainer = build_trainer(VideoGRPOTrainer, max_steps=1, per_device_train_batch_size=4, gradient_accumulation_steps=2)
    generate = trainer._generate_and_score_completions

    def watch(inputs):
        output = generate(inputs)
        held.extend(weakref.ref(prompt.video_patches_KD) for prompt in output["prompts"] if prompt.num_videos)
        return output

    monkeypatch.setattr(trainer, "_generate_and_score_completions", watch)
    trainer.train()
    assert held
    assert all(reference() is None for reference in held)


def test_a_frozen_tower_sees_each_video_once_a_step(build_trainer):
    trainer = build_trainer(VideoGRPOTrainer, max_steps=1, beta=0.1)
    trainer._parts.core.visual.requires_grad_(False)
    calls = []
    trainer._parts.core.visual.register_forward_pre_hook(lambda *_: calls.append(1))
    trainer.ref_model.model.visual.register_forward_pre_hook(lambda *_: calls.append(1))
    trainer.train()
    assert len(calls) == 1


def train_on_two_processes(checkpoint, rows, output, share_prefix):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parents[2])}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(SCRIPT)]
    settings = json.dumps({"share_prefix": share_prefix, "optim": "sgd", "learning_rate": 0.01})
    result = subprocess.run(
        [*command, checkpoint, str(rows), str(output), settings],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()][:2]


def test_two_processes_agree_with_sharing_off(checkpoint, rows, tmp_path):
    (tmp_path / "rows.json").write_text(json.dumps(rows[:4]))
    shared, plain = (
        train_on_two_processes(checkpoint, tmp_path / "rows.json", tmp_path / str(share), share)
        for share in (True, False)
    )
    for ours, theirs in zip(shared, plain, strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=1e-5)
        assert ours["grad_norm"] == pytest.approx(theirs["grad_norm"], rel=1e-4)
        assert ours["kl"] == pytest.approx(theirs["kl"], abs=1e-5)
