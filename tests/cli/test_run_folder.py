import pytest

from video_ktr.cli.run_folder import RunFolder
from video_ktr.errors import ConfigError


def checkpoint(folder, steps, *, whole=True):
    path = folder / f"checkpoint-{steps}"
    path.mkdir(parents=True)
    if whole:
        (path / "trainer_state.json").touch()
    return path


def test_the_newest_whole_checkpoint_is_taken(tmp_path):
    assert RunFolder(tmp_path / "none").newest_checkpoint() is None
    checkpoint(tmp_path, 9)
    newest = checkpoint(tmp_path, 10)
    checkpoint(tmp_path, 20, whole=False)
    checkpoint(tmp_path, "last")
    assert RunFolder(tmp_path).newest_checkpoint() == newest


def test_other_settings_are_refused_by_name(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.check_same({"a": 1})
    folder.start({"a": 1, "b": 2, "c": (1, 2)})
    folder.check_same({"b": 2, "a": 1, "c": [1, 2], "output_dir": "moved"})
    with pytest.raises(ConfigError, match=r"\(a, d changed\)"):
        folder.check_same({"a": 3, "b": 2, "c": [1, 2], "d": 0})


def test_finished_means_marked(tmp_path):
    folder = RunFolder(tmp_path)
    folder.final.mkdir()
    assert not folder.is_finished
    folder.finish({"steps": 2})
    assert folder.is_finished
