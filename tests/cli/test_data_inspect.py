import argparse
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from video_ktr.cli import data_inspect
from video_ktr.cli.settings import parse_overrides
from video_ktr.errors import ConfigError, DataError

ROW = {"problem_type": "OCR", "solution": "<answer>x</answer>"}


def inspect(*words):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    data_inspect.add_arguments(parser)
    arguments, rest = parser.parse_known_args([str(word) for word in words])
    data_inspect.run(arguments, parse_overrides(rest))


@pytest.fixture
def file(tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media/a.mp4").write_bytes(b"no video")
    rows = [
        {**ROW, "problem": "One?", "path": "a.mp4", "data_source": "STAR"},
        {**ROW, "problem": "Two?", "path": "b.mp4", "data_source": "STAR"},
        {**ROW, "problem": "one", "path": "a.mp4", "problem_type": "numerical", "solution": "\u001b[2Jx"},
        {"problem": "Three?"},
    ]
    path = tmp_path / "questions.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def test_what_is_told(file, tmp_path, capsys):
    inspect(file, "--media-root", tmp_path / "media", "--decode", 3, "--json", tmp_path / "counts.json")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{file}: video-r1 format, 3 rows"
    for line in (
        "         2 OCR",
        "         2 STAR",
        "with process: 0 rows (0.0%)",
        "rejected records: 1",
        "solution is not a number: 1 rows",
        "media: 2 files",
        "missing media: 1 files",
        f"  {tmp_path / 'media/b.mp4'}",
        "questions asked before about the same media: 1 rows",
        "decoded: 1 media files, 1 unreadable",
    ):
        assert line in lines
    # A record's text cannot steer the terminal.
    assert "  2: \ufffd[2Jx of no options" in lines
    counts = json.loads((tmp_path / "counts.json").read_text(encoding="utf-8"))
    assert (counts["format"], counts["rows"], counts["media_files"]) == ("video-r1", 3, 2)
    assert counts["decoded"]["tried"] == 1


def test_every_rejected_record_can_be_listed(file, tmp_path):
    inspect(file, "--rejects", tmp_path / "rejects.jsonl")
    (reject,) = map(json.loads, (tmp_path / "rejects.jsonl").read_text(encoding="utf-8").splitlines())
    assert (reject["file"], reject["index"], reject["reason"]) == (str(file), 3, "missing solution")
    with pytest.raises(ConfigError, match=r"cannot be written .*; give another file with --rejects"):
        inspect(file, "--rejects", tmp_path / "none" / "rejects.jsonl")


def test_a_folder_is_read_by_its_split(tmp_path, capsys):
    for split, rows in (("train", 2), ("test", 1)):
        table = pa.Table.from_pylist([{**ROW, "problem": f"{number}?"} for number in range(rows)])
        pq.write_table(table, tmp_path / f"{split}-00000.parquet")
    inspect(tmp_path, "--split", "test")
    assert capsys.readouterr().out.startswith(f"{tmp_path}: video-r1 format, 1 rows\n")
    with pytest.raises(DataError, match="has no split 'dev'; set split to one of test, train"):
        inspect(tmp_path, "--split", "dev")


def test_long_lists_are_cut(tmp_path, capsys):
    rows = [{**ROW, "problem": "?", "data_source": f"source {number}"} for number in range(20)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    inspect(tmp_path / "a.jsonl")
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("         1 source ") for line in lines) == 12
    assert "  and 8 more" in lines


def test_mistakes_end_in_one_line(file, tmp_path):
    with pytest.raises(DataError, match="none\\.json"):
        inspect(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="unknown argument --seeds"):
        inspect(file, "--seeds", 3)
    with pytest.raises(ConfigError, match="--decode is -1"):
        inspect(file, "--decode", -1)
    with pytest.raises(ConfigError, match="cannot be written"):
        inspect(file, "--json", tmp_path / "not/there.json")
