"""A training process that is killed, and the same command again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from video_ktr.toyworld.dataset import ToyDataConfig, build_dataset
from video_ktr.toyworld.model import build_checkpoint

STEPS = 8


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    sizes = ToyDataConfig(
        base_videos=3, blank_videos=1, base_samples=1, cold_start_samples=1, train_samples=20, eval_samples=5
    )
    data = build_dataset(folder / "world", sizes, show_progress=False)
    return {
        "method": "video_ktr",
        "model": str(build_checkpoint(folder / "model", seed=0)),
        "questions": str(data.train),
        "prompt_template": "plain",
        "media_first": False,
        "media": {"min_pixels": 784, "max_pixels": 3136, "max_frames": 8},
        "rewards": ["accuracy", "format"],
        "beta": 0.1,
        "max_steps": STEPS,
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 12,
        "learning_rate": 1e-3,
        "save_steps": 2,
        "logging_steps": 1,
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "report_to": "none",
    }


def start(settings, output):
    config = output.with_suffix(".yaml")
    config.write_text(yaml.safe_dump({**settings, "output_dir": str(output)}))
    command = [sys.executable, "-m", "video_ktr.cli.main", "train", "--config", str(config)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def losses(output):
    lines = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}


def wait_for(path: Path, process):
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_killed_twice_equals_uninterrupted(settings, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert start(settings, whole).wait(timeout=300) == 0
    for step in (2, 4):
        process = start(settings, parts)
        wait_for(parts / f"checkpoint-{step}" / "trainer_state.json", process)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL
    assert start(settings, parts).wait(timeout=300) == 0
    assert losses(parts).keys() == losses(whole).keys() == set(range(1, STEPS + 1))
    for step, loss in losses(whole).items():
        assert losses(parts)[step] == pytest.approx(loss, abs=1e-6)
    final = "final/model.safetensors"
    assert (parts / final).read_bytes() == (whole / final).read_bytes()
