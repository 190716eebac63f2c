import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from datasets import Dataset

from tests.training.helpers import loss_and_gradients
from video_ktr.errors import MediaError
from video_ktr.training import VideoGRPOTrainer, VideoKTRTrainer

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def truncated(media_files, tmp_path):
    path = tmp_path / "truncated.mp4"
    content = Path(media_files[0]).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return str(path)


@pytest.fixture
def bad_row(truncated):
    content = [{"type": "text", "text": "what shape ?"}, {"type": "video", "video": truncated}]
    return {"prompt": [{"role": "user", "content": content}], "problem_id": "bad"}


def part(batch, rows):
    """The micro-batch of the given rows."""
    return {
        key: [value[r] for r in rows] if isinstance(value, list) else value[rows] if value.ndim else value
        for key, value in batch.items()
    }


def shift_weights(model):
    """So that ratios and KL term are not trivial."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.02)


def lines(folder, name):
    return [json.loads(line) for line in (Path(folder) / name).read_text().splitlines()]


@pytest.mark.parametrize(
    ("kind", "settings", "share"),
    [
        # The loss is a mean over rows: with half of them skipped, the others weigh half.
        (VideoGRPOTrainer, {"share_prefix": True}, 0.5),
        (VideoGRPOTrainer, {"share_prefix": False}, 0.5),
        (VideoGRPOTrainer, {"scale_rewards": "batch"}, 0.5),
        # Means over tokens: skipped ones are not counted.
        (VideoGRPOTrainer, {"loss_type": "dapo"}, 1.0),
        (VideoGRPOTrainer, {"loss_type": "bnpo"}, 1.0),
        (VideoKTRTrainer, {"share_prefix": True}, 0.5),
        (VideoKTRTrainer, {"share_prefix": False}, 0.5),
        (VideoKTRTrainer, {"preset": "official"}, 0.5),
        (VideoKTRTrainer, {"key_tokens": {"visual_perturbation": "replace"}}, 0.5),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_the_gradient_is_that_of_the_batch_without_the_bad_group(
    build_trainer, rollouts, rows, bad_row, kind, settings, share
):
    dataset = Dataset.from_list([bad_row, *rows])
    trainer = build_trainer(kind, beta=0.3, num_iterations=2, dataset=dataset, **settings)
    batch = rollouts(trainer, [rows[0], bad_row])
    assert trainer._rows.readable == [True] * 4 + [False] * 4
    assert not batch["advantages"][4:].any()
    assert not batch["completion_mask"][4:].any()
    assert batch["num_items_in_batch"] == batch["completion_mask"][:4].sum()
    shift_weights(trainer.model)
    loss, grads = loss_and_gradients(trainer, batch)
    alone, expected = loss_and_gradients(trainer, part(batch, [0, 1, 2, 3]))
    assert loss == pytest.approx(share * alone, abs=1e-6)
    assert max(gradient.abs().max() for gradient in expected.values()) > 1e-3
    for name, gradient in expected.items():
        torch.testing.assert_close(grads[name], share * gradient, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("scale", ["group", "batch"])
def test_rewards_and_advantages_leave_skipped_rows_out(build_trainer, rollouts, rows, bad_row, scale):
    values = [0.0, 1.0, 1.0, 2.0, 9.0, 9.0, 9.0, 8.0]
    trainer = build_trainer(
        VideoGRPOTrainer, reward_funcs=lambda completions, **_: values[: len(completions)], scale_rewards=scale
    )
    batch = rollouts(trainer, [rows[0], bad_row])
    deviation = math.sqrt(2 / 3)  # of 0, 1, 1, 2: mean 1, squares 1 + 0 + 0 + 1, ddof 1
    expected = [(value - 1) / (deviation + 1e-4) for value in values[:4]] + [0.0] * 4
    torch.testing.assert_close(batch["advantages"], torch.tensor(expected))
    logged = trainer._metrics["train"]
    assert logged["reward"] == [1.0]
    assert logged["reward_std"] == pytest.approx([deviation])
    assert logged["bad_media/rows"] == [4.0]
    assert logged["bad_media/share"] == [0.5]


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("kind", [VideoGRPOTrainer, VideoKTRTrainer])
def test_a_run_with_a_truncated_video_completes(build_trainer, rows, bad_row, truncated, kind, workers):
    # Two questions a generation, four of them: two epochs, so the bad one is met twice.
    dataset = Dataset.from_list([bad_row, *rows[:3]])
    trainer = build_trainer(kind, dataset=dataset, beta=0.1, max_steps=4, dataloader_num_workers=workers)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    after = dict(trainer.model.named_parameters())
    assert any(not torch.equal(after[name], value) for name, value in before.items())
    folder = trainer.args.output_dir
    (entry,) = lines(folder, "unreadable.jsonl")
    assert entry["file"] == truncated
    assert truncated in entry["error"]
    steps = [line for line in lines(folder, "metrics.jsonl") if "loss" in line]
    assert sum(line["bad_media/rows"] for line in steps) == 8.0
    assert steps[-1]["bad_media/share"] == 0.25
    assert all(math.isfinite(line["loss"]) for line in steps)


def test_a_generation_of_bad_prompts_alone_teaches_nothing(build_trainer, rollouts, bad_row):
    trainer = build_trainer(beta=0.1)
    batch = rollouts(trainer, [bad_row])
    shift_weights(trainer.model)
    loss, grads = loss_and_gradients(trainer, batch)
    assert loss == 0.0
    assert not any(gradient.any() for gradient in grads.values())
    assert math.isnan(trainer._metrics["train"]["reward"][0])


def test_all_prompts_bad_ends_with_one_line(build_trainer, bad_row):
    trainer = build_trainer(dataset=Dataset.from_list([bad_row] * 4), max_steps=1)
    with pytest.raises(MediaError, match=r"of 1 of 1 prompts|of 2 of 2 prompts") as caught:
        trainer.train()
    assert "nothing was learnt" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("workers", [0, 1])
def test_too_many_bad_prompts_end_the_run_with_one_line(build_trainer, rows, bad_row, truncated, workers):
    # Of the first hundred prompts one may be bad.
    dataset = Dataset.from_list([bad_row, rows[0]])
    trainer = build_trainer(dataset=dataset, max_steps=9, max_bad_media_share=0.01, dataloader_num_workers=workers)
    with pytest.raises(MediaError, match=r"media of 2 of 4 prompts cannot be read") as caught:
        trainer.train()
    assert truncated in str(caught.value)
    assert "\n" not in str(caught.value)
    assert trainer.state.global_step == 1


@pytest.mark.parametrize("workers", [0, 1])
def test_stop_ends_at_the_first_one(build_trainer, bad_row, truncated, workers):
    trainer = build_trainer(dataset=Dataset.from_list([bad_row] * 4), bad_media="stop", dataloader_num_workers=workers)
    with pytest.raises(MediaError, match="truncated") as caught:
        trainer.train()
    assert str(caught.value).startswith(truncated)
    assert "\n" not in str(caught.value)


def test_skipped_rows_have_no_key_tokens_and_no_record(build_trainer, rollouts, rows, bad_row):
    trainer = build_trainer(preset="official", beta=0.1, token_record_rate=1.0)
    batch = rollouts(trainer, [rows[0], bad_row])
    assert batch["tool_mask"][:4].any()
    assert not batch["tool_mask"][4:].any()
    (path,) = trainer.token_recorder.folder.iterdir()
    assert [entry["row"] for entry in pq.read_table(path).to_pylist()] == [0, 1, 2, 3]


def test_evaluation_leaves_them_out_too(build_trainer, rows, bad_row):
    trainer = build_trainer(VideoGRPOTrainer, per_device_eval_batch_size=8)
    found = trainer.evaluate(Dataset.from_list([rows[0], bad_row]))
    assert found["eval_bad_media/rows"] == 4.0
    assert math.isfinite(found["eval_reward"])


def test_two_processes_stay_in_step(checkpoint, rows, bad_row, tmp_path):
    # Each process has groups of its own: the one with the bad prompt sees no video at all.
    script = Path(__file__).with_name("two_processes.py")
    (tmp_path / "rows.json").write_text(json.dumps([bad_row, *rows[:3]]))
    output, settings = tmp_path / "run", {"gradient_accumulation_steps": 2}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(script)]
    result = subprocess.run(
        [*command, checkpoint, str(tmp_path / "rows.json"), str(output), json.dumps(settings)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(script.parents[2])},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    ranks = [json.loads((output / f"rank{rank}.json").read_text()) for rank in range(2)]
    assert ranks[0]["sum"] == ranks[1]["sum"]
    assert len(lines(output, "unreadable.jsonl")) == 1
    steps = [line for line in lines(output, "metrics.jsonl") if "loss" in line]
    # Two prompts a step; both processes' rows are counted.
    assert sorted(line["bad_media/rows"] for line in steps) == [0.0, 8.0]
    assert steps[-1]["bad_media/share"] == 0.25
