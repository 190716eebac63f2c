import json

import pytest

from video_ktr.cli.main import main

SMALL = {
    "world": {"base_videos": 6, "blank_videos": 1, "base_samples": 8, "cold_start_samples": 8, "train_samples": 8},
    "base": {"max_steps": 1, "per_device_train_batch_size": 4, "dataloader_num_workers": 0},
    "cold_start": {"max_steps": 1, "per_device_train_batch_size": 4, "dataloader_num_workers": 0},
    "rl": {"max_steps": 1, "save_steps": 1, "per_device_train_batch_size": 8, "max_completion_length": 8},
    "evaluation": {"max_new_tokens": 8},
}


def words(output):
    small = {**SMALL, "world": {**SMALL["world"], "eval_samples": 10}}
    settings = [f"--{name}.{key}={value}" for name, section in small.items() for key, value in section.items()]
    return ["quickstart", "--seed", "3", "--output", str(output), *settings]


def test_from_nothing_to_a_report_and_again(tmp_path, capsys):
    assert main(words(tmp_path)) == 0
    out = capsys.readouterr().out
    for kind in ("all", "order", "after", "attr", "motion", "count"):
        assert f"│ {kind} " in out
    for name, page in (("report", "report.html"), ("analysis", "analysis/report.html"), ("explorer", "explorer.html")):
        assert f"{name}: {tmp_path / page}" in out.splitlines()
        assert (tmp_path / page).read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert "seed 3" in (tmp_path / "report.html").read_text()
    assert json.loads((tmp_path / "after" / "result.json").read_text())["overall"]["n"] == 10

    assert main(words(tmp_path)) == 0
    assert capsys.readouterr().err.count("done before") == 6

    assert main([*words(tmp_path), "--evaluation.max_new_tokens=7"]) == 0
    assert capsys.readouterr().err.count("done before") == 3


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("--rll.max_steps=3", "unknown setting rll: did you mean rl"),
        ("--world.eval_sample=3", "unknown setting world.eval_sample: did you mean eval_samples"),
        ("--world.base_samples=0", "base_samples is 0"),
        ("--evaluation.top=3", "unknown setting evaluation.top"),
        ("--evaluation.batch_size=two", "evaluation.batch_size is 'two': expected a whole number"),
        ("--world.base_videos=two", "world.base_videos is 'two': expected a whole number"),
        ("--rl=3", "rl is 3: it is a section"),
    ],
)
def test_mistakes_end_in_one_line_before_anything_is_made(tmp_path, capsys, word, message):
    assert main(["quickstart", "--output", str(tmp_path / "new"), word]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_missing_recipes_are_told(tmp_path, capsys):
    assert main(["quickstart", "--recipes", str(tmp_path), "--output", str(tmp_path / "new")]) == 2
    assert "toy_base.yaml" in capsys.readouterr().err
