import argparse

import pytest

from tests.evaluation.results import result, row
from video_ktr.cli import report
from video_ktr.cli.settings import parse_overrides
from video_ktr.errors import ConfigError

TABLES = ["table.csv", "table.md", "table.tex"]


def run(*words):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    report.add_arguments(parser)
    arguments, rest = parser.parse_known_args([str(word) for word in words])
    report.run(arguments, parse_overrides(rest))


@pytest.fixture
def results(tmp_path):
    for frames in (16, 32):
        rows = [row(str(i), float(i < frames // 16)) for i in range(3)]
        result(tmp_path / f"r/video_holmes/{frames}f", rows, model="ours", frames=frames)
    return tmp_path / "r"


def test_the_table_is_shown_and_nothing_written(results, tmp_path, capsys):
    before = sorted(tmp_path.rglob("*"))
    run(results)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "Video benchmarks"
    (ours,) = (line for line in lines if "ours" in line and "66.7" in line)
    # Wilson interval of 2 of 3.
    assert "66.7 [20.8, 93.9] (2)" in ours
    assert any("Video-KTR" in line and "41.6" in line for line in lines)
    assert sorted(tmp_path.rglob("*")) == before


def test_everything_is_written(results, tmp_path, capsys):
    run(results, "--out", tmp_path / "out", "--cases", 1)
    pictures = [f"{stem}.{suffix}" for stem in ("frames", "parts-video_holmes") for suffix in ("png", "svg")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(["cases.html", *pictures, *TABLES])
    told = capsys.readouterr().out
    assert "1 questions of Video-Holmes: ours, 16 frames and ours, 32 frames" in told
    assert f"written: {tmp_path / 'out/cases.html'}" in told
    # The one question on which the two differ.
    assert "Question 1<" in (tmp_path / "out/cases.html").read_text(encoding="utf-8")
    assert "| ours | - | 32 | 66.7 " in (tmp_path / "out/table.md").read_text(encoding="utf-8")


def test_names_of_a_result_cannot_steer_the_terminal(tmp_path, capsys):
    for frames in (16, 32):
        result(tmp_path / f"{frames}", [row("1")], model="ours\u001b[2J", frames=frames)
    run(tmp_path / "16", "--out", tmp_path / "out", "--cases", 1, "--no-figures")
    told = capsys.readouterr().out
    assert "\u001b" not in told
    assert "1 questions of Video-Holmes: ours [2J" in told
    result(tmp_path / "again", [row("1")], model="ours\u001b[2J", frames=32)
    with pytest.raises(ConfigError, match=r"second result of 'ours\\x1b\[2J'"):
        run(tmp_path / "32", tmp_path / "again")


def test_tables_alone(results, tmp_path):
    run(results / "video_holmes/16f", "--out", tmp_path / "out", "--no-figures", "--mode", "official")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == TABLES
    assert r"Rule: official" in (tmp_path / "out/table.tex").read_text(encoding="utf-8")


def test_mistakes_are_told(results):
    for words, message in (
        (["--cases", 2], "say where with --out"),
        (["--cases", -1], "give 0 or more"),
        (["--kases", 1], "unknown argument --kases"),
        (["--mode", "strict"], "no scores by the rule 'strict'"),
    ):
        with pytest.raises(ConfigError, match=message):
            run(results, *words)
