import json

import pytest

from video_ktr.data.rejects import Rejects
from video_ktr.data.sources import Source
from video_ktr.errors import ConfigError


def test_a_source_reads_its_file_and_keeps_rejects(tmp_path):
    file = tmp_path / "questions.json"
    record = {"problem": "?", "problem_type": "OCR", "solution": "x", "path": "a.mp4"}
    file.write_text(json.dumps([record, {"problem": "?"}]), encoding="utf-8")
    source, rejects = Source(name="mine", file=str(file)), Rejects()
    assert [sample.path for sample in source.read(rejects)] == [str(tmp_path / "a.mp4")]
    assert len(rejects) == 1
    assert source.roots == (tmp_path,)
    assert [str(root) for root in Source(name="mine", file=str(file), media_root=("a", "b")).roots] == ["a", "b"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"take": 0}, "rows is 0"),
        ({"take": True}, "rows is True"),
        ({"take": {"video": -1}}, "video is -1"),
        ({"take": {"movie": 3}}, "'movie' is no data type"),
        ({"format": "video-r2"}, "video-r2"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(changes, message):
    with pytest.raises(ConfigError, match=message):
        Source(name="mine", file="none.json", **changes)
