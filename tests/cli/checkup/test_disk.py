import shutil
from collections import namedtuple

import pytest

from video_ktr.cli.checkup.disk import check_disk, nearest_existing
from video_ktr.cli.checkup.memory import GIB, MemoryEstimate

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def estimate():
    """1 GiB of weights, 2 of optimizer state: 3 a checkpoint."""
    sizes = {"weights": 1, "gradients": 1, "optimizer": 2, "reference": 0, "activations": 0, "cache": 0}
    return MemoryEstimate(**{name: size * GIB for name, size in sizes.items()})


@pytest.mark.parametrize(
    ("free", "checkpoints", "level", "needed"),
    [(11, 2, "ok", "10.0"), (9, 2, "problem", "10.0"), (8, None, "warning", "7.0"), (6, None, "problem", "7.0")],
)
def test_final_model_and_one_checkpoint_more_than_are_kept(
    monkeypatch, tmp_path, estimate, free, checkpoints, level, needed
):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 * GIB, 0, free * GIB))
    finding = check_disk(tmp_path / "run", estimate, checkpoints=checkpoints)
    assert finding.level == level
    assert f"{free}.0 GiB free" in finding.text
    assert f"about {needed} needed (3.0 a checkpoint)" in finding.text


def test_the_folder_need_not_be_there(tmp_path):
    assert nearest_existing(tmp_path / "a" / "b") == tmp_path
    assert nearest_existing(tmp_path) == tmp_path
