"""A world of a few videos with a random toy model, and settings of two-step runs on it."""

from pathlib import Path

import pytest

from video_ktr.cli.settings import merged, read_settings
from video_ktr.toyworld.dataset import ToyDataConfig, build_dataset
from video_ktr.toyworld.model import build_checkpoint

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """Folder with base.jsonl, train.jsonl and so on, and a checkpoint in model/."""
    folder = tmp_path_factory.mktemp("toy-world")
    sizes = {"base_samples": 8, "cold_start_samples": 8, "train_samples": 8, "eval_samples": 5}
    build_dataset(folder, ToyDataConfig(base_videos=6, blank_videos=1, **sizes), show_progress=False)
    build_checkpoint(folder / "model", seed=0)
    return folder


@pytest.fixture
def rl_settings(toy, tmp_path):
    """recipes/toy.yaml, two steps of two questions with two completions."""
    short = {
        "max_steps": 2,
        "save_steps": 1,
        "save_total_limit": None,
        "per_device_train_batch_size": 4,
        "num_generations": 2,
        "max_completion_length": 6,
    }
    places = {
        "model": str(toy / "model"),
        "questions": str(toy / "train.jsonl"),
        "output_dir": str(tmp_path / "rl"),
    }
    return merged(read_settings(RECIPES / "toy.yaml"), {**short, **places})


@pytest.fixture
def sft_settings(toy, tmp_path):
    """recipes/toy_base.yaml, two steps of two questions."""
    short = {"max_steps": 2, "save_steps": 1, "per_device_train_batch_size": 2, "dataloader_num_workers": 0}
    places = {"model": str(toy / "model"), "questions": str(toy / "base.jsonl"), "output_dir": str(tmp_path / "sft")}
    return merged(read_settings(RECIPES / "toy_base.yaml"), {**short, **places, "logging_steps": 1})
