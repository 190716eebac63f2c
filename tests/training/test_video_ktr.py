import json
import math
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
import torch
import yaml
from datasets import Dataset
from transformers import AutoModelForImageTextToText, TrainerCallback

from tests.training.helpers import loss_and_gradients
from video_ktr.errors import ConfigError
from video_ktr.scoring import Completions, CompletionScorer
from video_ktr.scoring.model_family import base_model
from video_ktr.scoring.signals import SHIFT_RESOLUTION
from video_ktr.training import VideoGRPOTrainer, VideoKTRTrainer
from video_ktr.training.video_ktr import shaped_reference

EVERYTHING = {"visual_ratio": 1.0, "temporal_ratio": 1.0, "entropy_ratio": 1.0}
NOTHING = {"visual_ratio": 0.0, "temporal_ratio": 0.0, "entropy_ratio": 0.0}
ENTROPY_ONLY = {"visual_ratio": 0.0, "temporal_ratio": 0.0}


def seeded_rollouts(rollouts, trainer, rows):
    torch.manual_seed(5)
    return rollouts(trainer, rows)


@pytest.mark.parametrize("key_tokens", [EVERYTHING, NOTHING, {**ENTROPY_ONLY, "entropy_ratio": 1.0}])
def test_a_mask_of_ones_is_plain_grpo(build_trainer, rollouts, rows, key_tokens):
    chosen = [rows[0], rows[5], rows[6]]
    plain = build_trainer(VideoGRPOTrainer, beta=0.1)
    expected, expected_grads = loss_and_gradients(plain, seeded_rollouts(rollouts, plain, chosen))
    trainer = build_trainer(VideoKTRTrainer, beta=0.1, key_tokens=key_tokens)
    batch = seeded_rollouts(rollouts, trainer, chosen)
    assert batch["advantages"].shape == batch["completion_mask"].shape
    loss, grads = loss_and_gradients(trainer, batch)
    assert loss == pytest.approx(expected, abs=1e-6)
    for name, gradient in expected_grads.items():
        torch.testing.assert_close(grads[name], gradient, atol=1e-7, rtol=1e-5)


def policy_gradient(trainer, batch, monkeypatch):
    """The gradient of the loss with respect to each token's log-probability, (B, T)."""
    leaves = []
    original = VideoGRPOTrainer._get_per_token_logps_and_entropies

    def leaf(self, *args, **kwargs):
        log_probs_BT, entropies_BT, _ = original(self, *args, **kwargs)
        leaves.append(log_probs_BT.detach().requires_grad_())
        return leaves[-1], entropies_BT, None

    monkeypatch.setattr(VideoGRPOTrainer, "_get_per_token_logps_and_entropies", leaf)
    trainer._compute_loss(trainer.model, batch).backward()
    return leaves[0].grad


def test_masked_tokens_get_exactly_no_policy_gradient(build_trainer, rollouts, rows, monkeypatch):
    trainer = build_trainer(beta=0.0, per_device_train_batch_size=12)
    batch = rollouts(trainer, rows[:3])
    weights_BT = (batch["advantages"] != 0).float()
    assert 0 < weights_BT.sum() < batch["completion_mask"].sum()
    gradient_BT = policy_gradient(trainer, batch, monkeypatch)
    assert torch.equal(gradient_BT != 0, weights_BT.bool())


def test_paper_divides_by_the_length_and_keeps_kl_on_all_tokens(build_trainer, rollouts, rows, monkeypatch):
    trainer = build_trainer(beta=0.4)
    batch = rollouts(trainer, rows[:1])
    batch["ref_per_token_logps"] = batch["ref_per_token_logps"] - 0.3
    gradient_BT = policy_gradient(trainer, batch, monkeypatch)
    mask_BT = batch["completion_mask"]
    kl_BT = 0.4 * (1 - math.exp(-0.3))  # beta times d/dl of exp(d) - d - 1 at d = ref - l = -0.3
    expected_BT = (kl_BT - batch["advantages"]) * mask_BT / mask_BT.sum(1, keepdim=True) / len(mask_BT)
    torch.testing.assert_close(gradient_BT, expected_BT, atol=1e-6, rtol=1e-4)


def test_official_divides_by_the_selected_and_masks_kl(build_trainer, rollouts, rows, monkeypatch):
    trainer = build_trainer(preset="official", beta=0.04)
    batch = rollouts(trainer, rows[:2])
    selected_BT = batch["tool_mask"].bool() & batch["completion_mask"].bool()
    batch["ref_per_token_logps"] = batch["ref_per_token_logps"] - 0.3
    gradient_BT = policy_gradient(trainer, batch, monkeypatch)
    kl = 0.04 * (1 - math.exp(-0.3))
    count_B1 = selected_BT.sum(1, keepdim=True).clamp(min=1)
    expected_BT = (kl - batch["advantages"]) * selected_BT / count_B1 / len(selected_BT)
    torch.testing.assert_close(gradient_BT, expected_BT, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    ("kl_tokens", "normalizer"), [("all", "selected"), ("selected", "all")], ids=["kl on all", "length of all"]
)
def test_kl_tokens_and_normalizer_are_independent(build_trainer, rollouts, rows, monkeypatch, kl_tokens, normalizer):
    trainer = build_trainer(beta=0.4, key_tokens={"kl_tokens": kl_tokens, "normalizer": normalizer})
    batch = rollouts(trainer, rows[:2])
    mask_BT = batch["completion_mask"].bool()
    kl_BT = batch.get("kl_mask", mask_BT).float() * 0.4 * (1 - math.exp(-0.3))
    assert (kl_tokens == "selected") == ("kl_mask" in batch)
    batch["ref_per_token_logps"] = batch["ref_per_token_logps"] - 0.3
    gradient_BT = policy_gradient(trainer, batch, monkeypatch)
    expected_BT = (kl_BT - batch["advantages"]) * mask_BT / mask_BT.sum(1, keepdim=True) / len(mask_BT)
    torch.testing.assert_close(gradient_BT, expected_BT, atol=1e-6, rtol=1e-4)
    if normalizer == "selected":
        selected_BT = batch["advantages"] != 0
        sums_B = batch["advantages"].abs().sum(1) / mask_BT.sum(1)
        # Each completion's advantage counts in full, however few tokens carry it.
        plain_B = batch["advantages"].abs().max(1).values * selected_BT.sum(1) / mask_BT.sum(1)
        torch.testing.assert_close(sums_B, plain_B)


def test_a_completion_without_key_tokens_gives_a_finite_loss(build_trainer, rollouts, rows):
    trainer = build_trainer(preset="official", beta=0.04)
    batch = rollouts(trainer, rows[:1])
    batch["tool_mask"][0] = 0
    batch["advantages"][0] = 0
    loss, grads = loss_and_gradients(trainer, batch)
    assert math.isfinite(loss)
    assert all(gradient.isfinite().all() for gradient in grads.values())


def test_kl_clamp_value_and_gradient():
    # d = 3 inside the clamp: gradient of exp(d) - d - 1 in l is 1 - e^3. d = +-12 outside: clamped value, gradient 0.
    log_probs_BT = torch.tensor([[-1.0, -14.0, -2.0]], requires_grad=True)
    reference_BT = torch.tensor([[2.0, -2.0, -14.0]])
    difference_BT = shaped_reference(reference_BT, log_probs_BT, clamp=10.0) - log_probs_BT
    kl_BT = difference_BT.exp() - difference_BT - 1
    expected = torch.tensor([[math.exp(3) - 4, math.exp(10) - 11, math.exp(-10) + 9]])
    torch.testing.assert_close(kl_BT, expected, rtol=1e-5, atol=1e-4)
    kl_BT.sum().backward()
    torch.testing.assert_close(log_probs_BT.grad, torch.tensor([[1 - math.exp(3), 0.0, 0.0]]), rtol=1e-5, atol=1e-3)


def test_kl_mask_removes_value_and_gradient():
    log_probs_BT = torch.tensor([[-1.0, -1.0]], requires_grad=True)
    reference_BT = torch.tensor([[-2.0, -2.0]])
    mask_BT = torch.tensor([[True, False]])
    difference_BT = shaped_reference(reference_BT, log_probs_BT, kl_mask_BT=mask_BT) - log_probs_BT
    (difference_BT.exp() - difference_BT - 1).sum().backward()
    assert log_probs_BT.grad[0, 0] == pytest.approx(1 - math.exp(-1))
    assert log_probs_BT.grad[0, 1] == 0


@pytest.mark.parametrize(("iterations", "passes"), [(1, 2), (2, 3)])
def test_the_true_video_is_never_scored_a_second_time(build_trainer, rollouts, rows, iterations, passes, monkeypatch):
    # One iteration: generation has the scores, and only the two counterfactuals run. Two: TRL's old-policy pass has.
    counted = []
    original = CompletionScorer.score

    def count(self, *args, **kwargs):
        counted.append(1)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(CompletionScorer, "score", count)
    rollouts(build_trainer(num_iterations=iterations), rows[:2])
    assert len(counted) == passes


def test_images_and_text_have_no_signal_they_could_not_have(build_trainer, tmp_path, rows, rollouts):
    trainer = build_trainer(token_record_rate=1.0, per_device_train_batch_size=12)
    rollouts(trainer, [rows[0], rows[5], rows[6]])
    (file,) = (tmp_path / "run" / "tokens").iterdir()
    records = {record["prompt_id"]: record for record in pq.read_table(file).to_pylist()}
    video, image, text = records["0"], records["5"], records["6"]
    assert any(video["temporal_selected"])
    assert any(video["visual_selected"])
    assert any(image["visual_selected"])
    assert not any(image["temporal_selected"])
    assert not any(text["visual_selected"])
    assert not any(text["temporal_selected"])
    for name in ("visual", "temporal"):
        shifts = [abs(a - b) for a, b in zip(video["log_probs"], video[f"{name}_log_probs"], strict=True)]
        assert video[f"{name}_score"] == pytest.approx(shifts, abs=2 * SHIFT_RESOLUTION)
    assert image["temporal_log_probs"] is None
    assert text["visual_log_probs"] is None
    assert [len(record["media"]) for record in (video, image, text)] == [1, 1, 0]
    for record in records.values():
        n = len(record["token_ids"])
        assert sum(record["entropy_selected"]) == math.ceil(n / 5)
        assert len(record["tokens"]) == len(record["weight"]) == n
        assert [w > 0 for w in record["weight"]] == record["selected"]
        assert dict(record["rewards"])["letter_count"] == len(record["completion"]) % 7


@pytest.mark.parametrize(
    "key_tokens",
    [{"visual_perturbation": kind} for kind in ("half", "mean", "replace", "attention", "grey", "dark")]
    + [{"temporal_perturbation": kind} for kind in ("reverse", "segment")]
    + [{"temporal_unit": "slot"}, {"distance": "js"}, {"weighting": "sigmoid"}, {"scope": "group", "signed": True}],
    ids=str,
)
def test_every_variant_trains(build_trainer, key_tokens):
    trainer = build_trainer(key_tokens=key_tokens)
    trainer.train()
    logged = trainer.state.log_history[0]
    assert 0 < logged["key_tokens/update_ratio"] <= 1
    assert logged["cost/attribute_seconds"] > 0
    for signal in ("visual", "temporal", "entropy"):
        assert 0 < logged[f"key_tokens/{signal}/ratio"] <= 1
        assert math.isfinite(logged[f"key_tokens/{signal}/mean_score"])


@pytest.mark.parametrize(
    "settings",
    [
        {"num_iterations": 2, "beta": 0.1},
        {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4},
        {"preset": "official", "gradient_accumulation_steps": 2, "per_device_train_batch_size": 4},
        {"gradient_checkpointing": True},
        {"loss_type": "dapo"},
        {"pad_to_multiple_of": 16},
    ],
    ids=str,
)
def test_trains_under_trl_settings(build_trainer, settings):
    trainer = build_trainer(**settings)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in trainer.model.named_parameters() if not torch.equal(p, before[name])}
    assert any("visual" in name for name in moved)


def test_trains_an_adapter(build_trainer):
    peft = pytest.importorskip("peft")
    trainer = build_trainer(beta=0.1, peft_config=peft.LoraConfig(target_modules=["q_proj", "v_proj"], r=4))
    trainer.train()
    assert trainer.state.global_step == 2


class StopAt(TrainerCallback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, args, state, control, **kwargs):
        control.should_training_stop = state.global_step == self.step


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_iterations": 2},
        {"gradient_accumulation_steps": 2},
        {"gradient_accumulation_steps": 2, "steps_per_generation": 4, "per_device_train_batch_size": 4},
    ],
    ids=str,
)
def test_stopped_and_resumed_equals_uninterrupted(build_trainer, tmp_path, settings):
    settings = {"max_steps": 4, "save_strategy": "steps", "save_steps": 2, "token_record_rate": 1.0, **settings}
    whole = build_trainer(output_dir=str(tmp_path / "whole"), **settings)
    whole.train()
    first = build_trainer(output_dir=str(tmp_path / "parts"), **settings)
    first.add_callback(StopAt(3))
    first.train()
    second = build_trainer(output_dir=str(tmp_path / "parts"), **settings)
    second.train(resume_from_checkpoint=str(tmp_path / "parts" / "checkpoint-2"))

    def losses(folder):
        lines = [json.loads(line) for line in (tmp_path / folder / "metrics.jsonl").read_text().splitlines()]
        return {line["step"]: line["loss"] for line in lines if "loss" in line}

    assert losses("parts").keys() == losses("whole").keys() == {1, 2, 3, 4}
    for step, loss in losses("whole").items():
        assert losses("parts")[step] == pytest.approx(loss, abs=1e-6)
    for (name, ours), theirs in zip(whole.model.named_parameters(), second.model.parameters(), strict=True):
        torch.testing.assert_close(theirs, ours, atol=1e-7, rtol=0, msg=name)
    for file in (tmp_path / "whole" / "tokens").iterdir():
        resumed = pq.read_table(tmp_path / "parts" / "tokens" / file.name)
        assert resumed.column("token_ids").to_pylist() == pq.read_table(file).column("token_ids").to_pylist()
        assert resumed.column("selected").to_pylist() == pq.read_table(file).column("selected").to_pylist()


def test_run_directory_tells_what_ran(build_trainer, tmp_path):
    build_trainer(key_tokens={"visual_ratio": 0.3}, token_record_rate=1.0, save_strategy="steps", save_steps=2).train()
    folder = tmp_path / "run"
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config["key_tokens"]["visual_ratio"] == 0.3
    assert config["media"]["max_frames"] == 8
    assert config["effective_sampling"]["temperature"] == 1.0
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["packages"]["trl"].startswith("1.16.")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert lines[0]["key_tokens/update_ratio"] > 0
    assert (folder / "checkpoint-2" / "model.safetensors").exists()


def test_nan_scores_name_the_row_and_signal(build_trainer, rollouts, rows):
    trainer = build_trainer()
    original = trainer._known_scores

    def poisoned(output):
        scores = original(output)
        scores.entropies_BT[1, 0] = float("nan")
        return scores

    trainer._known_scores = poisoned
    with pytest.raises(ValueError, match=r"entropy.*row 1"):
        rollouts(trainer, rows[:1])


def test_replace_needs_a_dataset_with_an_index(build_trainer, rows):
    dataset = Dataset.from_list(rows).to_iterable_dataset()
    with pytest.raises(ConfigError, match="iterable"):
        build_trainer(key_tokens={"visual_perturbation": "replace"}, dataset=dataset)


def test_vision_runs_once_for_the_rollout_and_once_for_the_shuffle(build_trainer, rollouts, rows):
    trainer = build_trainer(per_device_train_batch_size=12)
    calls = []
    hook = trainer._parts.core.visual.register_forward_pre_hook(lambda *_: calls.append(1))
    rollouts(trainer, rows[:3])
    assert len(calls) == 2
    trainer.key_token_config = replace(trainer.key_token_config, temporal_unit="slot")
    calls.clear()
    rollouts(trainer, rows[:3])
    assert len(calls) == 1
    hook.remove()


def test_half_precision_reads_the_true_video_off_the_update(build_trainer, rollouts, rows, checkpoint, monkeypatch):
    model = AutoModelForImageTextToText.from_pretrained(checkpoint, dtype=torch.bfloat16)
    trainer = build_trainer(model=model)
    counted = []
    original = CompletionScorer.score
    monkeypatch.setattr(CompletionScorer, "score", lambda *a, **k: counted.append(1) or original(*a, **k))
    batch = rollouts(trainer, rows[:2])
    assert len(counted) == 2
    loss, grads = loss_and_gradients(trainer, batch)
    assert len(counted) == 2
    assert math.isfinite(loss)
    assert all(gradient.dtype == torch.bfloat16 for gradient in grads.values())


def test_mixed_precision_trains(build_trainer):
    trainer = build_trainer(bf16=True)
    trainer.train()
    assert trainer.state.global_step == 2


@pytest.mark.parametrize("settings", [{"repetition_penalty": 1.5}, {"generation_kwargs": {"no_repeat_ngram_size": 2}}])
def test_scores_are_of_the_model_whatever_bends_the_sampling(build_trainer, rollouts, rows, settings):
    trainer = build_trainer(**settings)
    batch = rollouts(trainer, rows[:2])
    scorer = trainer._scorer(trainer.model)
    completions = Completions(batch["completion_ids"], batch["completion_mask"], trainer._rows.prompt_of_row)
    expected = scorer.score(scorer.view(trainer._rows.prompts), completions)
    known = trainer._known_scores(batch)
    torch.testing.assert_close(known.log_probs_BT, expected.log_probs_BT, atol=1e-4, rtol=0)
    torch.testing.assert_close(known.entropies_BT, expected.entropies_BT, atol=1e-4, rtol=0)


def test_a_checkpoints_settings_do_not_reach_an_adapters_sampling(build_trainer, rollouts, rows, checkpoint):
    peft = pytest.importorskip("peft")
    model = AutoModelForImageTextToText.from_pretrained(checkpoint)
    model.generation_config.no_repeat_ngram_size = 1
    trainer = build_trainer(
        model=model, peft_config=peft.LoraConfig(target_modules=["q_proj"], r=2), max_completion_length=60
    )
    with torch.no_grad():
        base_model(trainer.model).lm_head.weight[9] = 5 * base_model(trainer.model).model.language_model.norm.weight
    batch = rollouts(trainer, rows[:1])
    # With no_repeat_ngram_size=1 no token could come twice.
    assert any(len(set(row)) < len(row) for row in batch["completion_ids"].tolist())


def test_every_generation_has_its_records(build_trainer, tmp_path):
    settings = {"gradient_accumulation_steps": 2, "steps_per_generation": 1, "token_record_rate": 1.0}
    build_trainer(max_steps=1, **settings).train()
    files = sorted(file.name for file in (tmp_path / "run" / "tokens").iterdir())
    assert files == ["step-000000-0-0-0000.parquet", "step-000000-1-0-0000.parquet"]


def test_completions_that_were_cut_off_are_recorded_and_weigh_nothing(build_trainer, rollouts, rows, tmp_path):
    trainer = build_trainer(mask_truncated_completions=True, token_record_rate=1.0, max_completion_length=3)
    batch = rollouts(trainer, rows[:1])
    (file,) = (tmp_path / "run" / "tokens").iterdir()
    cut = [record for record in pq.read_table(file).to_pylist() if record["token_ids"][-1] not in trainer.eos_token_ids]
    assert cut
    assert all(len(record["token_ids"]) == 3 and not any(record["weight"]) for record in cut)
    assert math.isfinite(loss_and_gradients(trainer, batch)[0])


def test_best_checkpoint_is_really_loaded(build_trainer, tmp_path):
    trainer = build_trainer(save_strategy="steps", save_steps=1)
    trainer.train()
    trainer.state.best_model_checkpoint = str(tmp_path / "run" / "checkpoint-1")
    last = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer._load_best_model()
    saved = AutoModelForImageTextToText.from_pretrained(tmp_path / "run" / "checkpoint-1").state_dict()
    assert any(not torch.equal(p, last[name]) for name, p in trainer.model.named_parameters())
    assert all(torch.equal(p, saved[name]) for name, p in trainer.model.named_parameters())


def test_evaluates_while_it_trains(build_trainer, rows):
    trainer = build_trainer(per_device_eval_batch_size=4)
    trainer.eval_dataset = Dataset.from_list(rows[:2])
    metrics = trainer.evaluate()
    assert math.isfinite(metrics["eval_loss"])
    assert not any("key_tokens" in name for name in metrics)


def test_engines_that_cannot_work_are_refused(build_trainer, monkeypatch):
    def refuse(*_):
        raise ConfigError("FSDP version 1 is not supported")

    monkeypatch.setattr("video_ktr.training.video_grpo.adapt_to_engine", refuse)
    with pytest.raises(ConfigError, match="FSDP"):
        build_trainer()
