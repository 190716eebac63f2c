import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from tests.training.helpers import drifted, last_layer, loss_and_gradients, seeded_rollouts, weights
from tests.training.test_two_processes import train
from video_ktr.errors import ConfigError
from video_ktr.training import TWGRPOTrainer, VideoGRPOTrainer, VideoKTRTrainer
from video_ktr.training.micro_batches import micro_batches

KEYS = {"full_norm", "selected_norm", "rest_norm", "selected_cosine", "rest_cosine", "split_error"}


def measured(trainer):
    lines = {
        line["step"]: {k: v for k, v in line.items() if "gradient/" in k} for line in trainer.state.log_history[:-1]
    }
    return {step: found for step, found in lines.items() if found}


@pytest.mark.parametrize(
    "settings",
    [
        {"beta": 0.1},
        {"beta": 0.1, "preset": "official", "key_tokens": {"scope": "sequence"}},
        {"beta": 0.0, "num_iterations": 2},
        {"beta": 0.1, "key_tokens": {"kl_tokens": "selected"}},
        {"key_tokens": {"weighting": "sigmoid"}},
        {"loss_type": "bnpo", "num_iterations": 2},
        {"loss_type": "dr_grpo", "key_tokens": {"scope": "group"}},
        {"loss_type": "dapo", "num_iterations": 2},
        {"importance_sampling_level": "sequence", "num_iterations": 2},
        {"share_prefix": False},
    ],
    ids=str,
)
def test_the_full_gradient_is_that_of_plain_grpo_on_the_same_batch(build_trainer, rollouts, rows, settings):
    plain_settings = {k: v for k, v in settings.items() if k not in {"preset", "key_tokens"}}
    chosen = [rows[0], rows[5]]
    plain = build_trainer(VideoGRPOTrainer, **plain_settings | {"beta": 0.0})
    _, expected = loss_and_gradients(plain, drifted(seeded_rollouts(rollouts, plain, chosen)))
    assert any(g.abs().max() > 1e-4 for g in last_layer(expected).values())
    trainer = build_trainer(log_gradient_decomposition=1, **settings)
    batch = drifted(seeded_rollouts(rollouts, trainer, chosen))
    found = {}
    trainer._observe = lambda inputs: found.update(trainer._split(inputs))
    trainer._compute_loss(trainer.model, batch)
    for name, full, selected, rest in zip(
        last_layer(expected), found["full"], found["selected"], found["rest"], strict=True
    ):
        torch.testing.assert_close(full, expected[name], atol=1e-6, rtol=1e-4, msg=name)
        torch.testing.assert_close(selected + rest, full, atol=1e-6, rtol=1e-4, msg=name)
        assert selected.abs().max() > 0


def test_the_selected_gradient_is_the_one_that_video_ktr_follows(build_trainer, rollouts, rows):
    trainer = build_trainer(log_gradient_decomposition=1)
    found = {}
    trainer._observe = lambda inputs: found.update(trainer._split(inputs))
    _, grads = loss_and_gradients(trainer, seeded_rollouts(rollouts, trainer, rows[:2]))
    for selected, (name, followed) in zip(found["selected"], last_layer(grads).items(), strict=True):
        torch.testing.assert_close(selected, followed, atol=1e-6, rtol=1e-4, msg=name)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (VideoKTRTrainer, {"max_steps": 3}),
        (VideoKTRTrainer, {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 2, "beta": 0.1}),
        (VideoKTRTrainer, {"num_iterations": 2, "gradient_checkpointing": True}),
        (VideoKTRTrainer, {"bf16": True}),
        (TWGRPOTrainer, {"weight_grad": True}),
    ],
    ids=str,
)
def test_a_measured_run_is_the_same_run(build_trainer, kind, settings):
    plain = build_trainer(kind, **settings)
    plain.train()
    trainer = build_trainer(kind, log_gradient_decomposition=2, **settings)
    trainer.train()
    assert all(torch.equal(a, b) for a, b in zip(weights(plain), weights(trainer), strict=True))
    assert set(measured(trainer)) == {2}
    apart = ("cost/", "gradient/", "step_time", "train_")
    ours, theirs = (
        [{k: v for k, v in line.items() if not k.startswith(apart)} for line in each.state.log_history]
        for each in (trainer, plain)
    )
    assert ours == theirs
    (values,) = measured(trainer).values()
    assert values["gradient/full_norm"] > 0
    if kind is VideoKTRTrainer:
        assert set(values) == {f"gradient/{name}" for name in KEYS}
        assert values["gradient/split_error"] < (2e-2 if settings.get("bf16") else 1e-5)
        assert all(-1 <= values[f"gradient/{part}_cosine"] <= 1 for part in ("selected", "rest"))
    else:
        assert set(values) == {"gradient/full_norm"}


def test_a_resumed_run_measures_as_an_uninterrupted_one(build_trainer, tmp_path):
    settings = {"max_steps": 4, "save_strategy": "steps", "save_steps": 2, "log_gradient_decomposition": 3}
    whole = build_trainer(output_dir=str(tmp_path / "whole"), **settings)
    whole.train()
    again = build_trainer(output_dir=str(tmp_path / "whole"), **settings)
    again.train(resume_from_checkpoint=str(tmp_path / "whole" / "checkpoint-2"))
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(again), strict=True))
    lines = [json.loads(line) for line in (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()]
    found = {line["step"]: line["gradient/full_norm"] for line in lines if "gradient/full_norm" in line}
    assert found == {3: pytest.approx(measured(whole)[3]["gradient/full_norm"], rel=1e-6)}


def test_micro_batches_add_up_to_the_step(build_trainer, rollouts, rows):
    trainer = build_trainer(log_gradient_decomposition=1)
    batch = seeded_rollouts(rollouts, trainer, rows[:2])
    trainer._compute_loss(trainer.model, batch)
    trainer.current_gradient_accumulation_steps = 2
    for part, last in zip(micro_batches(batch, batch["prompts"], 2), (False, True), strict=True):
        trainer.accelerator.gradient_state._set_sync_gradients(last)
        trainer._compute_loss(trainer.model, part)
    for name in KEYS - {"split_error"}:
        whole, parts = trainer._metrics["train"][f"gradient/{name}"]
        assert parts == pytest.approx(whole, rel=1e-4), name


def test_a_batch_without_advantages_has_no_gradient(build_trainer):
    trainer = build_trainer(reward_funcs=lambda prompts, **_: [1.0] * len(prompts), log_gradient_decomposition=1)
    trainer.train()
    values = measured(trainer)[1]
    assert values["gradient/full_norm"] == values["gradient/split_error"] == 0
    assert values["gradient/selected_cosine"] is None


def test_rows_that_cannot_be_read_have_no_gradient(build_trainer, rollouts, rows):
    content = [{"type": "text", "text": "what comes after ?"}, {"type": "video", "video": "/lost.mp4"}]
    lost = {**rows[1], "prompt": [{"role": "user", "content": content}]}
    trainer = build_trainer(log_gradient_decomposition=1, max_bad_media_share=0.9)
    batch = seeded_rollouts(rollouts, trainer, [rows[0], lost])
    for part in (batch, *micro_batches(batch, batch["prompts"], 2)):
        trainer._compute_loss(trainer.model, part)
    whole, *parts = trainer._metrics["train"]["gradient/full_norm"]
    # "grpo" divides by all rows of a micro-batch, of which half can be read.
    assert sorted(parts) == [0, pytest.approx(2 * whole, rel=1e-4)] != [0, 0]


def test_an_adapter_is_measured_by_its_own_weights(build_trainer):
    peft = pytest.importorskip("peft")
    adapter = peft.LoraConfig(target_modules=["q_proj", "v_proj"], r=4)
    trainer = build_trainer(peft_config=adapter, log_gradient_decomposition=1)
    shapes = [tuple(p.shape) for p in trainer._measured_parameters()]
    assert [4 in shape for shape in shapes] == [True] * 4
    elsewhere = replace(adapter, layers_to_transform=[0], layers_pattern="layers")
    with pytest.raises(ConfigError, match="nothing learns") as caught:
        build_trainer(peft_config=elsewhere, log_gradient_decomposition=1)
    assert "\n" not in str(caught.value)
    build_trainer(peft_config=elsewhere)


def test_dropout_draws_what_it_would_have_drawn(build_trainer):
    peft = pytest.importorskip("peft")
    adapter = peft.LoraConfig(target_modules=["q_proj", "v_proj"], r=4, lora_dropout=0.5)
    plain = build_trainer(peft_config=adapter, beta=0.1)
    plain.train()
    trainer = build_trainer(peft_config=adapter, beta=0.1, log_gradient_decomposition=1)
    trainer.train()
    assert all(torch.equal(a, b) for a, b in zip(weights(plain), weights(trainer), strict=True))
    assert measured(trainer)[2]["gradient/selected_norm"] > 0


def test_processes_measure_the_gradient_that_they_follow_together(checkpoint, rows, tmp_path):
    settings = {"optim": "sgd", "learning_rate": 0.5, "lr_scheduler_type": "constant", "max_grad_norm": 0.0}
    settings |= {"save_strategy": "steps", "save_steps": 1, "max_steps": 1, "log_gradient_decomposition": 1}
    nothing = {"visual_ratio": None, "temporal_ratio": None, "entropy_ratio": None}
    output = train(checkpoint, rows[:4], tmp_path, {**settings, "beta": 0.0, "key_tokens": nothing})
    before, after = (load_file(f"{folder}/model.safetensors") for folder in (checkpoint, output / "checkpoint-1"))
    moved = [(after[name] - before[name]).double().pow(2).sum() for name in before if ".layers.1." in name]
    line = json.loads((output / "metrics.jsonl").read_text().splitlines()[0])
    # A step of plain gradient descent is the gradient times the learning rate.
    assert line["gradient/full_norm"] == pytest.approx(sum(moved).sqrt().item() / 0.5, rel=1e-3)
    assert line["gradient/rest_norm"] == 0


def test_split_weights_are_refused(build_trainer, monkeypatch):
    trainer = build_trainer(log_gradient_decomposition=1)
    monkeypatch.setattr(trainer.accelerator.state, "fsdp_plugin", object(), raising=False)
    with pytest.raises(ConfigError, match="whole weights"):
        trainer._require_measurable()


def test_trls_loss_is_left_as_it_was(build_trainer, rollouts, rows):
    trainer = build_trainer(beta=0.1, log_gradient_decomposition=1)
    batch = seeded_rollouts(rollouts, trainer, rows[:1])
    names = ("beta", "top_entropy_quantile", "_entropy_bonus_enabled")
    before = [getattr(trainer, name) for name in names]
    trainer._compute_loss(trainer.model, batch)
    assert [getattr(trainer, name) for name in names] == before
    assert trainer._loss_scores is None
    assert len(trainer._metrics["train"]["entropy"]) == len(trainer._metrics["train"]["kl"]) == 1
    assert all(p.grad is None for p in trainer.model.parameters())
