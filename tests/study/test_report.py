import csv
import json

import pytest

from video_ktr.errors import DataError
from video_ktr.study.report import write_report


def test_the_whole_report(plan, all_cells, cell, tmp_path):
    start = cell("start", "a", 0, [0, 0, 0, 1])
    report = write_report(tmp_path, plan, [start, *all_cells])
    text = report.read_text()
    assert text.startswith("# Study: made up\n\n3 arms, seeds 0, 1, starts a, b: 12 of 12 cells finished. Commit abc;")
    assert "- ktr against grpo: no difference shown (+50.0 points, 95 % interval " in text
    assert "WARNING" not in text
    assert text.count("| start | a | 0 |") == 1
    for picture in ("differences", "curves"):
        assert f"![{picture}]({picture}.png)" in text
        assert {path.suffix for path in tmp_path.glob(f"{picture}.*")} == {".png", ".svg"}
    with (tmp_path / "cells.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 13
    record = json.loads((tmp_path / "report.json").read_text())
    assert record["comparisons"][0]["difference"] == 0.5
    assert record["comparisons"][0]["verdict"] == "no difference shown"
    # Accuracy, two kinds of questions, and the curve, for each of three pairs of arms.
    assert len(record["comparisons"]) == 12


def test_missing_cells_and_unnamed_settings_are_told(plan, all_cells, cell, tmp_path):
    odd = {"recipe": {}, "resolved": {"learning_rate": 1.0}}
    cells = [*all_cells[:-2], cell("ktr", "b", 1, [1, 1, 1, 0], settings=odd)]
    text = write_report(tmp_path, plan, [c for c in cells if c.key.name != "random/a-seed0"]).read_text()
    assert "10 of 12 cells finished" in text
    assert "Not finished: random/a-seed0, random/b-seed1." in text


def test_a_shared_setting_that_differs_is_a_warning(plan, cell, tmp_path):
    cells = [
        cell(arm, "a", 0, [1], settings={"recipe": {}, "resolved": {"learning_rate": rate}})
        for arm, rate in (("grpo", 1.0), ("ktr", 2.0))
    ]
    text = write_report(tmp_path, plan, cells).read_text()
    assert "WARNING: ktr and grpo differ in learning_rate (2.0, 1.0), which the study file does not name." in text


def test_one_arm_alone_is_reported_without_comparison(plan, cell, tmp_path):
    text = write_report(tmp_path, plan, [cell("grpo", "a", 0, [1])]).read_text()
    assert "1 of 12 cells finished" in text
    assert not (tmp_path / "differences.png").exists()


def test_nothing_finished(plan, cell, tmp_path):
    with pytest.raises(DataError, match="no cell is finished"):
        write_report(tmp_path, plan, [cell("start", "a", 0, [1])])
