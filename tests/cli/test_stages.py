import contextlib
import io

import pytest
from rich.console import Console

from video_ktr.cli.stages import Stage, run_stages
from video_ktr.errors import ConfigError


@pytest.fixture
def chain(tmp_path):
    """Runs stages a and b with given settings; returns which were made."""

    def run(a, b, fail=False):
        made = []

        def make(name):
            made.append(name)
            (tmp_path / name / "result").write_text(str(made))
            if fail and name == "b":
                raise RuntimeError("killed")

        stages = [
            Stage(title=name, folder=tmp_path / name, settings={"x": value}, make=lambda name=name: make(name))
            for name, value in (("a", a), ("b", b))
        ]
        with contextlib.suppress(RuntimeError):
            run_stages(stages, Console(file=io.StringIO()))
        return made

    return run


def test_finished_stages_are_reused(chain):
    assert chain(1, 1) == ["a", "b"]
    assert chain(1, 1) == []


def test_a_changed_stage_is_made_anew_with_all_after_it(chain):
    chain(1, 1)
    assert chain(1, 2) == ["b"]
    assert chain(2, 2) == ["a", "b"]


def test_a_stopped_stage_goes_on_in_its_folder(chain, tmp_path):
    assert chain(1, 1, fail=True) == ["a", "b"]
    (tmp_path / "b" / "checkpoint").touch()
    assert chain(1, 1) == ["b"]
    assert (tmp_path / "b" / "checkpoint").exists()


def test_a_stopped_stage_with_other_settings_starts_clean(chain, tmp_path):
    chain(1, 1, fail=True)
    (tmp_path / "b" / "checkpoint").touch()
    assert chain(1, 2) == ["b"]
    assert not (tmp_path / "b" / "checkpoint").exists()


def test_files_of_others_are_never_deleted(chain, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.txt").touch()
    with pytest.raises(ConfigError, match="holds files that no stage made"):
        chain(1, 1)
    assert (tmp_path / "a" / "thesis.txt").exists()
