import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from datasets import Dataset

from tests.training.helpers import loss_and_gradients
from video_ktr.errors import ConfigError
from video_ktr.generation import TransformersEngine
from video_ktr.training import TGRPOConfig, TGRPOTrainer, VideoGRPOTrainer

SCRIPT = Path(__file__).with_name("method_process.py")


@pytest.fixture
def generated(monkeypatch):
    """What the engine is asked for: prompts and rows of each call."""
    calls, original = [], TransformersEngine.generate

    def generate(self, prompts, prompt_of_row, *args, **kwargs):
        calls.append((list(prompts), list(prompt_of_row)))
        return original(self, prompts, prompt_of_row, *args, **kwargs)

    monkeypatch.setattr(TransformersEngine, "generate", generate)
    return calls


def scripted(ordered, shuffled):
    """An accuracy that says what it is told: `ordered` for the groups, then `shuffled` for the shuffled ones."""

    def accuracy(completions, **_):
        return ordered if len(completions) == len(ordered) else shuffled[: len(completions)]

    return accuracy


def style(completions, **_):
    return [0.5] * len(completions)


def rewards(trainer, name="accuracy"):
    return [round(value, 6) for value in trainer._logs["rewards"][name]]


@pytest.mark.parametrize(
    ("ordered", "shuffled", "expected", "passed"),
    [
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.0], [0.0, 0.0, 0.0, 0.0], 1.0),
        ([1.0, 0.15, 0.05, 0.0], [0.5, 0.25], [1.3, 0.45, 0.05, 0.0], 1.0),
        ([0.8, 0.8, 0.0, 0.0], [1.0, 0.0], [1.1, 1.1, 0.0, 0.0], 1.0),
        ([1.0, 0.0, 0.0, 0.0], [1.0, 1.0], [1.0, 0.0, 0.0, 0.0], 0.0),
    ],
)
def test_the_bonus_enters_rewards_and_advantages(build_trainer, rollouts, rows, ordered, shuffled, expected, passed):
    trainer = build_trainer(TGRPOTrainer, reward_funcs=[style, scripted(ordered, shuffled)])
    batch = rollouts(trainer, rows[:1])
    assert rewards(trainer) == expected
    assert rewards(trainer, "style") == [0.5] * 4
    mean = sum(expected) / 4
    deviation = math.sqrt(sum((value - mean) ** 2 for value in expected) / 3)
    advantages = [(value - mean) / (deviation + 1e-4) for value in expected]
    torch.testing.assert_close(batch["advantages"], torch.tensor(advantages), atol=1e-5, rtol=1e-4)
    assert trainer._metrics["train"]["temporal_rewards"] == [passed]
    assert trainer._metrics["train"]["shuffled_accuracy"] == pytest.approx([sum(shuffled) / 2])
    assert trainer._metrics["train"]["ordered_accuracy"] == pytest.approx([sum(ordered) / 4])


def test_half_a_group_is_drawn_from_frames_in_another_order(build_trainer, rollouts, rows, generated):
    trainer = build_trainer(TGRPOTrainer)
    rollouts(trainer, [rows[0], rows[5], rows[6], rows[1]])
    (true, true_rows), (moved, moved_rows) = generated
    assert (len(true), len(true_rows)) == (4, 16)
    # Two videos, two completions each; nothing for the image and the text.
    assert moved_rows == [0, 0, 1, 1]
    for before, after in zip((true[0], true[3]), moved, strict=True):
        assert torch.equal(before.input_ids_P, after.input_ids_P)
        assert not torch.equal(before.video_patches_KD, after.video_patches_KD)
        patch_values = [prompt.video_patches_KD.flatten().sort().values for prompt in (before, after)]
        assert torch.equal(*patch_values)
    assert trainer._rows.prompts == true


@pytest.mark.parametrize(("share", "drawn"), [(0.25, 1), (0.5, 2), (0.8, 3), (1.0, 4)])
def test_share_of_the_shuffled_group(build_trainer, rollouts, rows, generated, share, drawn):
    trainer = build_trainer(TGRPOTrainer, shuffled_share=share)
    rollouts(trainer, rows[:1])
    assert len(generated[1][1]) == drawn


def test_images_and_text_gain_nothing(build_trainer, rollouts, rows, generated):
    trainer = build_trainer(TGRPOTrainer, reward_funcs=scripted([1.0, 0.0] * 4, [0.0]))
    rollouts(trainer, rows[5:])
    assert rewards(trainer) == [1.0, 0.0] * 4
    assert trainer._metrics["train"]["temporal_rewards"] == [0.5]
    assert len(generated) == 1


def test_shuffled_draws_leave_the_others_and_the_loss_alone(build_trainer, rollouts, rows):
    batches, states, losses = [], [], []
    for kind, settings in ((VideoGRPOTrainer, {}), (TGRPOTrainer, {"temporal_alpha": 0.0})):
        trainer = build_trainer(kind, beta=0.1, **settings)
        torch.manual_seed(5)
        batches.append(rollouts(trainer, rows[:2]))
        states.append(torch.get_rng_state())
        losses.append(loss_and_gradients(trainer, batches[-1])[0])
    assert torch.equal(*states)
    assert torch.equal(*(batch["completion_ids"] for batch in batches))
    assert torch.equal(*(batch["advantages"] for batch in batches))
    assert losses[0] == losses[1]


def test_the_order_is_a_function_of_seed_and_step(build_trainer, rollouts, rows, generated):
    for seed, step in ((1, 0), (1, 0), (2, 0), (1, 3)):
        trainer = build_trainer(TGRPOTrainer, seed=seed)
        trainer.state.global_step = step
        rollouts(trainer, rows[:1])
    first, again, other_seed, other_step = (moved[0].video_patches_KD for moved, _ in generated[1::2])
    assert torch.equal(first, again)
    assert not torch.equal(first, other_seed)
    assert not torch.equal(first, other_step)


@pytest.mark.parametrize("share_prefix", [True, False])
def test_skipped_rows_take_no_part(build_trainer, rollouts, rows, tmp_path, generated, share_prefix):
    (tmp_path / "bad.mp4").write_bytes(b"not a video")
    content = [{"type": "text", "text": "what shape ?"}, {"type": "video", "video": str(tmp_path / "bad.mp4")}]
    bad = {"prompt": [{"role": "user", "content": content}], "problem_id": "bad"}
    trainer = build_trainer(
        TGRPOTrainer,
        reward_funcs=scripted([1.0, 0.0, 0.0, 0.0] * 2, [0.0, 1.0]),
        dataset=Dataset.from_list([*rows, bad]),
        share_prefix=share_prefix,
    )
    batch = rollouts(trainer, [bad, rows[0]])
    assert not batch["advantages"][:4].any()
    assert math.isnan(trainer._logs["rewards"]["accuracy"][0])
    assert trainer._metrics["train"]["temporal_rewards"] == [0.25]
    assert generated[1][1] == [0, 0]
    assert math.isfinite(loss_and_gradients(trainer, batch)[0])


def test_a_run_trains_and_evaluates_without_bonus(build_trainer, rows, generated):
    trainer = build_trainer(TGRPOTrainer, max_steps=1, per_device_eval_batch_size=4)
    trainer.train()
    (line,) = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert 0 <= line["temporal_rewards"] <= 1
    calls = len(generated)
    trainer.eval_dataset = Dataset.from_list(rows[:1])
    metrics = trainer.evaluate()
    assert len(generated) == calls + 1
    assert not any("temporal" in name for name in metrics)


def test_a_reward_that_is_not_there_is_refused(build_trainer):
    with pytest.raises(ConfigError, match="temporal_reward 'taste' is none of the rewards: use one of style"):
        build_trainer(TGRPOTrainer, reward_funcs=style, temporal_reward="taste")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temporal_mu": -1.0}, "temporal_mu is -1.0"),
        ({"shuffled_share": 0.0}, "shuffled_share is 0.0"),
        ({"shuffled_share": 1.5}, "shuffled_share is 1.5"),
        ({"shuffled_share": 0.1}, "shuffled_share=0.1 of num_generations=8 is no completion"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        TGRPOConfig("run", use_cpu=True, bf16=False, **settings)


def test_defaults_are_the_released_ones():
    config = TGRPOConfig("run", use_cpu=True, bf16=False)
    assert (config.temporal_mu, config.temporal_alpha, config.num_shuffled) == (0.8, 0.3, 4)


def test_two_processes_of_unlike_prompts_end_alike(checkpoint, rows, tmp_path):
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(SCRIPT)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parents[2])}
    result = subprocess.run(
        [*command, checkpoint, str(tmp_path / "rows.json"), str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    ranks = [json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in range(2)]
    assert ranks[0] == ranks[1]
    for name in ranks[0]:
        lines = [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        steps = [line for line in lines if "loss" in line]
        assert [line["step"] for line in steps] == [1, 2]
        assert all(math.isfinite(line["loss"]) for line in steps)
        if name == "spread":
            assert [line["temporal_rewards"] for line in steps] == [1.0, 1.0]
        assert name != "video on one" or all(line["temporal_rewards"] in {0.25, 0.75} for line in steps)
