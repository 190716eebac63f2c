import pytest

from video_ktr.jobs.whole_files import whole_file


def test_a_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "table.parquet"
    target.write_text("old")
    with pytest.raises(TypeError), whole_file(target) as partial:
        partial.write_text(None)
    assert target.read_text() == "old"
    with whole_file(target) as partial:
        partial.write_text("new")
        assert target.read_text() == "old"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]
