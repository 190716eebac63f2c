import json
from dataclasses import replace
from pathlib import Path

import pytest

from video_ktr.cli.study_file import read_study
from video_ktr.cli.study_jobs import cell_tasks, check_study, evaluation_settings, start_tasks
from video_ktr.cli.study_starts import toy_folder
from video_ktr.errors import ConfigError
from video_ktr.study.statistics import LEVEL, smallest_p

STUDIES = Path(__file__).parents[2] / "studies"
SHIPPED = sorted(path.stem for path in STUDIES.glob("*.yaml"))


@pytest.fixture
def study(tmp_path):
    return read_study(STUDIES / "smoke.yaml", {"output_dir": str(tmp_path / "out"), "starts_dir": str(tmp_path / "s")})


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_studies_have_controls_and_pairs_enough_to_show_something(name):
    study = read_study(STUDIES / f"{name}.yaml", {})
    check_study(study)
    assert study.plan.controls
    pairs = len(study.plan.seeds) * len(study.plan.starts)
    if name != "smoke":
        assert len(study.plan.starts) >= 2
        assert study.toy["world"]["eval_samples"] >= 1000
        assert len(study.plan.comparisons) * smallest_p(pairs) <= LEVEL


def test_arms_of_one_name_are_the_same_in_all_shipped_studies():
    seen = {}
    for name in set(SHIPPED) - {"smoke"}:
        study = read_study(STUDIES / f"{name}.yaml", {})
        for arm, settings in study.plan.arms.items():
            assert seen.setdefault(arm, settings) == settings
        assert seen.setdefault("all share", study.shared) == study.shared
        assert str(study.cells_folder) == "runs/studies/cells"


def test_one_job_a_start_and_a_cell(study):
    (task,) = start_tasks(study)
    job = json.loads((task.log.parent / "job.json").read_text())
    assert (job["kind"], job["output"]) == ("start", str(toy_folder(study, 0)))
    tasks = cell_tasks(study)
    assert [task.name for task in tasks] == [
        "start/tiny-seed0",
        *(f"{arm}/tiny-seed{seed}" for seed in (0, 1) for arm in ("grpo", "video_ktr", "random_mask")),
    ]
    jobs = [json.loads((task.log.parent / "job.json").read_text()) for task in tasks]
    assert jobs[0]["train"] is None
    # The same questions, and the same draws at the evaluation.
    assert len({json.dumps(job["evaluation"]) for job in jobs}) == 1
    assert {job["train"]["seed"] for job in jobs[1:]} == {0, 1}


def test_what_is_finished_is_not_made_again(study):
    done = study.cells_folder / "grpo" / "tiny-seed1"
    done.mkdir(parents=True)
    (done / "result.json").write_text("{}")
    assert "grpo/tiny-seed1" not in [task.name for task in cell_tasks(study)]
    assert [task.name for task in cell_tasks(study, ["grpo"])] == ["grpo/tiny-seed0"]
    marker = toy_folder(study, 0) / "cold_start" / "stage.json"
    marker.parent.mkdir(parents=True)
    marker.write_text('{"fingerprint": "x"}')
    assert len(start_tasks(study)) == 1
    marker.write_text('{"fingerprint": "x", "seconds": 3.0}')
    assert start_tasks(study) == []


def test_a_cell_of_other_settings_is_not_written_over(study):
    cell_tasks(study)
    other = replace(study, shared={**study.shared, "learning_rate": 1.0})
    with pytest.raises(
        ConfigError, match=r"grpo/tiny-seed0: was made with other settings \(train.learning_rate changed"
    ):
        cell_tasks(other)


def test_evaluation_by_the_recipes_media_and_prompt(study):
    settings = evaluation_settings(study, {"model": "m", "evaluation_questions": "q"})
    assert (settings["media"], settings["prompt_template"], settings["media_first"]) == (
        {"min_pixels": 784, "max_pixels": 3136, "max_frames": 8},
        "plain",
        False,
    )
    assert (settings["model"], settings["questions"], settings["temperature"]) == ("m", "q", 1.0)
    with pytest.raises(ConfigError, match="the setting 'questions' is missing"):
        evaluation_settings(study, {"model": "m"})
    with pytest.raises(ConfigError, match=r"unknown setting evaluation.top"):
        evaluation_settings(replace(study, evaluation={"top": 1}), {"model": "m"})


@pytest.mark.parametrize(
    ("arm", "message"),
    [
        ({"method": "grop"}, "arms.video_ktr: method 'grop' is unknown"),
        ({"learning_rat": 1}, "arms.video_ktr: unknown setting learning_rat"),
        ({"key_tokens": {"distance": "l3"}}, "arms.video_ktr: .*l3"),
        ({"save_steps": 0.5, "max_steps": "x"}, "arms.video_ktr: max_steps is 'x'"),
    ],
)
def test_an_arm_that_cannot_be_is_told_before_anything_runs(study, arm, message):
    study.plan.arms["video_ktr"] |= arm
    with pytest.raises(ConfigError, match=message):
        check_study(study)
