"""The quickstart's training with prompts shared and without: the same losses, step by step."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def video_ktr(*arguments):
    command = [sys.executable, "-m", "video_ktr.cli.main", *map(str, arguments)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=1200)


def losses(model, questions, output, share_prefix, *settings):
    video_ktr(
        "train", "--config", ROOT / "recipes" / "toy.yaml", "--model", model, "--questions", questions,
        "--output_dir", output, "--share_prefix", share_prefix, "--save_strategy", "no", *settings,
    )  # fmt: skip
    lines = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_twenty_steps_of_the_quickstart_agree(tmp_path):
    run = tmp_path / "quickstart"
    video_ktr("quickstart", "--output", run, "--rl.max_steps", 1, "--evaluation.num_questions", 8)
    inputs = (run / "cold_start" / "final", run / "world" / "train.jsonl")
    shared, plain = (losses(*inputs, tmp_path / share, share, "--max_steps", 20) for share in ("true", "false"))
    assert len(shared) == 20
    assert max(abs(a - b) for a, b in zip(shared, plain, strict=True)) < 1e-4
    assert len(set(shared)) > 10


def test_three_steps_of_a_new_model_agree(toy, tmp_path):
    short = ("--max_steps", 3, "--per_device_train_batch_size", 8, "--num_generations", 4)
    inputs = (toy / "model", toy / "train.jsonl")
    shared, plain = (losses(*inputs, tmp_path / share, share, *short) for share in ("true", "false"))
    assert len(shared) == 3
    assert shared == pytest.approx(plain, abs=1e-4)
