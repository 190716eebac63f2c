import json
from pathlib import Path

import pytest

from video_ktr.data.readers.rows import Row, media_folder, record_of, rows_of
from video_ktr.data.rejects import RecordError
from video_ktr.errors import DataError


def rows(source):
    return list(rows_of(source, split="train", subset=None))


@pytest.mark.parametrize("name", ["q.json", "q.JSON", "q.jsonl"])
def test_records_are_counted_from_zero(tmp_path, name):
    path = tmp_path / name
    path.write_text('[{"a": 1},\n2]' if "jsonl" not in name else '{"a": 1}\n\n2')
    assert rows(path) == rows(str(path)) == [Row(0, {"a": 1}), Row(1, 2)]


def test_an_object_of_videos_gives_named_rows(tmp_path):
    path = tmp_path / "q.json"
    path.write_text(json.dumps({"v": {"order": [{"question": "?"}, {"question": "!"}]}, "w": 3}))
    about = {"video_id": "v", "dim": "order"}
    expected = [Row("v/order/0", about | {"question": "?"}), Row("v/order/1", about | {"question": "!"}), Row("w", 3)]
    assert rows(path) == expected


@pytest.mark.parametrize("name", ["q.csv", "a/b/c", "plain", "q"])
def test_other_sources_are_refused_with_the_known_kinds(name):
    with pytest.raises(DataError, match=r"expected a .json, .jsonl or .parquet file, a folder .* hub id owner/name"):
        rows(name)


def test_a_folder_without_tables_is_told(tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(DataError, match=r"folder.json: holds no Parquet files"):
        rows(tmp_path / "folder.json")


def test_media_lie_beside_a_file_in_a_folder_or_where_one_works(tmp_path):
    assert media_folder(tmp_path / "none.json") == tmp_path
    assert media_folder("runs/none.json") == Path("runs")
    assert media_folder(tmp_path) == tmp_path
    assert media_folder("owner/name") == Path()


def test_a_row_that_is_no_object_is_a_bad_record():
    assert record_of(Row(0, {"a": 1})) == {"a": 1}
    with pytest.raises(RecordError, match="is a list; expected an object"):
        record_of(Row(0, [1]))
