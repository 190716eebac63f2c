import pytest

from tests.evaluation.benchmarks.layout_files import as_json
from video_ktr.data.rejects import Rejects
from video_ktr.errors import DataError
from video_ktr.evaluation.benchmarks.source_files import first_record, is_video_r1, places, question_files


def test_the_first_pattern_that_finds_files_counts(tmp_path):
    for name in ("b/test-1.json", "b/test-0.json", "__MACOSX/b/test-0.json", "c.json"):
        as_json(tmp_path / name, [])
    assert question_files(tmp_path, ("x*.json", "**/test-*.json", "*.json")) == [
        tmp_path / "b/test-0.json",
        tmp_path / "b/test-1.json",
    ]
    assert question_files(tmp_path / "c.json", ("x",)) == [tmp_path / "c.json"]
    with pytest.raises(DataError, match=r"holds no question file \(x\)"):
        question_files(tmp_path, ("x",))
    with pytest.raises(DataError, match="no such file or folder"):
        question_files(tmp_path / "d", ("x",))


def test_records_are_numbered_over_all_files(tmp_path):
    files = [as_json(tmp_path / "a.json", [{"x": 1}, 3]), as_json(tmp_path / "b.json", [{"x": 2}])]
    rejects = Rejects()
    found = list(places(files, rejects, count=True))
    assert [(p.file, p.index, p.number, p.total) for p in found] == [(files[0], 0, 0, None), (files[1], 0, 2, None)]
    assert rejects.counts() == {"not an object": 1}
    assert [p.total for p in places(files[:1], Rejects(), count=True)] == [2]


def test_the_layout_shows_in_the_first_record(tmp_path):
    files = [as_json(tmp_path / "a.json", [3, {"problem": "?", "solution": "x"}])]
    assert is_video_r1(files)
    assert not is_video_r1([as_json(tmp_path / "b.json", [{"problem": "?"}])])
    with pytest.raises(DataError, match="holds no records"):
        first_record([as_json(tmp_path / "c.json", [])])
