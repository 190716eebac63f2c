from pathlib import Path

import pytest

from video_ktr.cli.study_file import read_study
from video_ktr.cli.study_starts import resolved_start, toy_folder, toy_stages
from video_ktr.errors import ConfigError

STUDIES = Path(__file__).parents[2] / "studies"


def test_a_toy_start_is_found_where_it_is_made():
    study = read_study(STUDIES / "methods.yaml", {})
    folder = toy_folder(study, 1)
    world, base, cold_start = toy_stages(folder, 1, study.toy)
    assert resolved_start(study, "b") == {
        "model": str(cold_start.folder / "final"),
        "questions": str(world.folder / "train.jsonl"),
        "evaluation_questions": str(world.folder / "eval.jsonl"),
    }
    assert base.settings["seed"] == 1


def test_the_shipped_studies_share_their_starts_and_others_do_not():
    folders = {toy_folder(read_study(file, {}), 0) for file in STUDIES.glob("*.yaml") if file.stem != "smoke"}
    assert len(folders) == 1
    assert toy_folder(read_study(STUDIES / "smoke.yaml", {}), 0) not in folders
    assert toy_folder(read_study(STUDIES / "methods.yaml", {}), 1) not in folders


def test_other_stages_are_refused():
    with pytest.raises(ConfigError, match=r"unknown setting toy.rl"):
        toy_stages(Path("x"), 0, {"rl": {"max_steps": 1}})
