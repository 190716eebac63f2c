"""A toy checkpoint that answers A or B, and questions about toy videos."""

from pathlib import Path

import pytest

from tests.filtering.answering import build_answering_checkpoint
from video_ktr.data.keyed_samples import keyed
from video_ktr.data.media import MediaConfig
from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.data.sample import read_samples
from video_ktr.filtering.config import FilterConfig
from video_ktr.filtering.trials import build_trials
from video_ktr.toyworld.dataset import ToyDataConfig, build_dataset


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Folder with train.jsonl, its videos, and the checkpoint in model/."""
    folder = tmp_path_factory.mktemp("filter-world")
    sizes = {"base_samples": 1, "cold_start_samples": 1, "train_samples": 10, "eval_samples": 5}
    build_dataset(folder, ToyDataConfig(base_videos=3, blank_videos=1, **sizes), show_progress=False)
    build_answering_checkpoint(folder / "model")
    return folder


@pytest.fixture(scope="session")
def questions(world):
    return keyed(read_samples(world / "train.jsonl"), [Path(world)])


@pytest.fixture(scope="session")
def config(world):
    media = MediaConfig(min_pixels=784, max_pixels=3136, max_frames=8)
    return FilterConfig(model=str(world / "model"), max_new_tokens=8, batch_size=4, media=media)


@pytest.fixture(scope="session")
def trials(config):
    return build_trials(config, PROMPT_TEMPLATES["plain"])
