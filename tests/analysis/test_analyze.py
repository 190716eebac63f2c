import csv
import re

import pytest

from tests.run_fixtures import HOSTILE
from video_ktr.analysis.analyze import analyze_run
from video_ktr.errors import ConfigError, DataError

SECTIONS = (
    *("The run", "Training curves", "Parts of speech", "Overlap of the three sets", "Words that a signal prefers"),
    *("Word clouds", "Update probability by position", "Gradient of key tokens and of the rest"),
    "What training cost",
)


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def runs(make_run, record):
    """Ours, with one question of four tokens of which half were updated, and a baseline without token records."""
    tokens = [" red", f" {HOSTILE}", " cross", "."]
    metrics = [{"step": 1, "reward": 1.0, "gradient/full_norm": 2.0, "cost/update_seconds": 0.5}]
    ours = make_run("ktr/run", [record(0, f"q {HOSTILE}", tokens, visual=[1], temporal=[1, 2])], metrics)
    return ours, make_run("grpo/run")


def test_the_report_of_a_run_holds_every_section(runs):
    path = analyze_run(runs[0])
    assert path == runs[0] / "analysis/report.html"
    page = path.read_text(encoding="utf-8")
    assert re.findall("<h2>(.*)</h2>", page) == list(SECTIONS)
    assert "<script" not in page
    cells = {row[1]: row[2] for row in read(runs[0] / "analysis/overlap.csv")[1:]}
    assert (cells["temporal"], cells["visual & temporal"], cells["visual"]) == ("1", "1", "0")


def test_beside_another_run(runs, tmp_path):
    page = analyze_run(*runs, out=tmp_path / "out").read_text(encoding="utf-8")
    assert "<h1>Analysis of ktr/run against grpo/run</h1>" in page
    assert read(tmp_path / "out/run.csv")[0] == ["what", "ktr/run", "grpo/run"]
    assert not (runs[0] / "analysis").exists()


def test_without_token_records_the_curves_are_left_and_the_reasons_told(runs):
    page = analyze_run(runs[1]).read_text(encoding="utf-8")
    assert re.findall("<h2>(.*)</h2>", page) == ["The run", "Training curves", "Left out"]
    assert re.findall("<li>([^<:]*): ", page) == list(SECTIONS[2:])
    assert (
        "<li>Overlap of the three sets: the run holds no token records: train with token_record_rate above 0 "
        "(video_ktr alone has it).</li>" in page
    )


def test_runs_of_images_under_a_control_and_without_signals(make_run, record, tmp_path):
    """An image has no temporal score; a control trains on other tokens; with all signals off nothing is chosen."""
    tokens = ["A", " red", " cross", "."]
    image = {"temporal_score": None, "temporal_selected": [False] * 4}
    controlled = record(0, "q", tokens, visual=[1], entropy=[0], **image, selected=[False, False, True, True])
    off = {f"{name}_{part}": None for name in ("visual", "temporal", "entropy") for part in ("score", "selected")}
    runs = make_run("images", [controlled]), make_run("off", [record(0, "q", tokens, **off, selected=[True] * 4)])
    analyze_run(*runs, out=tmp_path / "out")
    sizes = {(row[0], row[1]): row[3] for row in read(tmp_path / "out/update_ratio.csv")[1:]}
    assert sizes["images", "union: update ratio"] == sizes["images", "trained on"] == "0.5"
    assert sizes["images", "temporal"] == "0.0"
    assert not (tmp_path / "out/word_lift_temporal.csv").exists()
    page = analyze_run(runs[1], runs[0], out=tmp_path / "off").read_text(encoding="utf-8")
    assert "or no signal was on" in page


def test_the_same_run_gives_the_same_files(runs, tmp_path):
    for name in ("a", "b"):
        analyze_run(runs[0], out=tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert "positions.svg" in files
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_mistakes_are_told(runs, tmp_path):
    with pytest.raises(ConfigError, match="is the run that is analysed"):
        analyze_run(runs[0], runs[0] / "../run")
    with pytest.raises(DataError, match="none: no such folder"):
        analyze_run(runs[0], tmp_path / "none")
    (runs[0] / "tokens/step-000000-0-0.parquet").write_bytes(b"cut short")
    with pytest.raises(DataError, match="cannot be read as token records"):
        analyze_run(runs[0])
