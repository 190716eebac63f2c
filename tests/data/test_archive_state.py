import json
import os
import subprocess
import sys
import zlib

import pytest

from tests.data.archive_samples import make_zip
from video_ktr.data.archive_members import Member
from video_ktr.data.archive_state import ArchiveState, holds, locked, size_of_file
from video_ktr.errors import DataError

CONTENT = b"content"
MEMBER = Member(0, "v/a", len(CONTENT), zlib.crc32(CONTENT))


@pytest.fixture
def state(tmp_path):
    """An archive that is marked as unpacked, with its one file in place."""
    state = ArchiveState(make_zip(tmp_path / "x.zip", {"v/a": CONTENT}))
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "a").write_bytes(CONTENT)
    state.waiting.mkdir(parents=True)
    (state.waiting / "0").write_bytes(CONTENT)
    state.finish(state.signature(), (MEMBER,))
    return state


def test_a_marker_records_size_time_count_and_members(state):
    record = json.loads(state.marker.read_text())
    found = state.archive.stat()
    assert (record["size"], record["mtime_ns"], record["count"]) == (found.st_size, found.st_mtime_ns, 1)
    assert state.members() == {"v/a": MEMBER}
    assert state.is_done()
    assert not state.waiting.exists()


def test_a_changed_archive_is_not_done(state):
    found = state.archive.stat()
    os.utime(state.archive, ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    assert not state.is_done()
    assert state.members() == {"v/a": MEMBER}


@pytest.mark.parametrize("left", [None, b"conten"])
def test_an_archive_whose_files_went_is_not_done(state, left):
    (state.folder / "v" / "a").unlink()
    if left is not None:
        (state.folder / "v" / "a").write_bytes(left)
    assert not state.is_done()


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", '{"size": 1, "count": 1, "members": [["a", "b"]]}'])
def test_a_marker_that_is_none_counts_as_none(state, text):
    state.marker.write_text(text)
    assert not state.is_done()
    assert state.members() == {}


def test_a_marker_with_fewer_members_than_it_counts_is_not_done(state):
    record = json.loads(state.marker.read_text())
    state.marker.write_text(json.dumps({**record, "members": []}))
    assert not state.is_done()


def test_a_second_process_waits_for_no_one(tmp_path):
    code = (
        "import sys; from pathlib import Path; from video_ktr.data.archive_state import locked\n"
        "with locked(Path(sys.argv[1])): print('free')"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with locked(tmp_path):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "another process unpacks here" in result.stderr
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "free\n"


def test_a_state_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".video-ktr").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="is a link"), locked(tmp_path):
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_a_path_holds(tmp_path):
    place = tmp_path / "a"
    assert not holds(place, MEMBER)
    place.write_bytes(CONTENT)
    assert holds(place, MEMBER)
    assert size_of_file(place) == 7
    place.write_bytes(CONTENT[::-1])
    assert not holds(place, MEMBER)
    (tmp_path / "link").symlink_to(place)
    assert size_of_file(tmp_path / "link") is None
    assert size_of_file(tmp_path) is None
    assert size_of_file(place / "below") is None
