"""A study of two arms and two seeds, killed and taken up again; every cell is a real process."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from video_ktr.cli.main import main

RECIPE = Path(__file__).parents[2] / "recipes" / "toy.yaml"


@pytest.fixture
def study_file(toy, tmp_path):
    """Two steps a cell and five held-out questions, from a model that knows nothing."""
    study = {
        "recipe": str(RECIPE),
        "overrides": {
            "preset": None,
            "token_record_rate": None,
            "max_steps": 2,
            "save_steps": 1,
            "per_device_train_batch_size": 4,
            "num_generations": 2,
            "max_completion_length": 6,
        },
        "arms": {"grpo": {"method": "grpo"}, "ktr": {"method": "video_ktr"}},
        "baseline": "grpo",
        "seeds": [0, 1],
        "starts": {
            "raw": {
                "model": str(toy / "model"),
                "questions": str(toy / "train.jsonl"),
                "evaluation_questions": str(toy / "eval.jsonl"),
            }
        },
        "evaluation": {"max_new_tokens": 6},
        "output_dir": str(tmp_path / "study"),
    }
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(study))
    return file


def results(folder):
    return {str(path.parent.relative_to(folder)): path for path in folder.glob("cells/*/*/result.json")}


@pytest.mark.slow
def test_killed_and_taken_up_again(study_file, tmp_path, capsys):
    folder = tmp_path / "study"
    command = [sys.executable, "-m", "video_ktr.cli.main", "study", "--config", str(study_file), "--jobs", "2"]
    # A session of its own, so that the signal reaches the cells too, as when a machine stops.
    with (tmp_path / "out.txt").open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    deadline = time.monotonic() + 240
    # The first trained cell is finished, and the second may be anywhere.
    while not any("start" not in name for name in results(folder)):
        assert process.poll() is None, (tmp_path / "out.txt").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    finished = {name: path.read_bytes() for name, path in results(folder).items()}
    assert len(finished) < 5

    assert main([*command[3:], "--only", "grpo", "ktr"]) == 0
    text = (folder / "report.md").read_text()
    assert f"report: {folder / 'report.md'}" in capsys.readouterr().out.replace("\n", "")
    assert "4 of 4 cells finished" in text
    assert "ktr against grpo: no difference shown" in text
    assert "WARNING" not in text
    assert {name: path.read_bytes() for name, path in results(folder).items() if name in finished} == finished

    before = {path: path.stat().st_mtime_ns for path in results(folder).values()}
    assert main([*command[3:], "--report-only"]) == 0
    assert {path: path.stat().st_mtime_ns for path in results(folder).values()} == before
    # The arms of a seed differ in the method and in nothing else.
    record = json.loads((folder / "report.json").read_text())
    named = {one["setting"] for one in record["setting_differences"] if one["reason"] != "of the method"}
    assert named == {"method"}


def test_a_cell_that_fails_is_told_by_the_last_line_of_its_log(study_file, toy, tmp_path, capsys):
    questions = toy / "few.jsonl"
    questions.write_text((toy / "train.jsonl").read_text().splitlines()[0] + "\n")
    words = ["study", "--config", str(study_file), "--seeds=[0]", f"--starts.raw.questions={questions}"]
    assert main([*words, "--only", "grpo"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "1 of the cells failed, first grpo/raw-seed0: 1 questions are too few: one generation takes 2" in error
    assert str(tmp_path / "study" / "cells" / "grpo" / "raw-seed0" / "log.txt") in error


def test_nothing_is_made_of_a_study_with_a_mistake(study_file, tmp_path, capsys):
    assert main(["study", "--config", str(study_file), "--arms.ktr.key_tokens.distance=l3"]) == 2
    assert "arms.ktr: " in capsys.readouterr().err
    assert main(["study", "--config", str(study_file), "--only", "no_arm"]) == 2
    assert "--only: 'no_arm' is no arm" in capsys.readouterr().err
    assert main(["study", "--config", str(study_file), "--report-only"]) == 2
    assert "no cell is finished" in capsys.readouterr().err
    assert not (tmp_path / "study").exists()
