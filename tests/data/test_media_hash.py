import hashlib
import os

import pytest

from video_ktr.data.media_hash import MediaHashes, file_sha256, media_size
from video_ktr.errors import DataError


@pytest.fixture
def hashes(tmp_path):
    with MediaHashes(tmp_path / "hashes.sqlite") as opened:
        yield opened


def test_the_hash_of_a_file_is_that_of_its_content(tmp_path, hashes):
    (tmp_path / "a.mp4").write_bytes(b"abc")
    # FIPS 180-2's own example.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hashes.sha256(tmp_path / "a.mp4") == file_sha256(tmp_path / "a.mp4") == expected
    assert media_size(tmp_path / "a.mp4") == 3


def test_a_file_is_read_again_only_when_its_size_or_time_changed(tmp_path):
    file = tmp_path / "a.mp4"
    file.write_bytes(b"one")
    os.utime(file, ns=(10, 10))
    with MediaHashes(tmp_path / "hashes.sqlite") as hashes:
        first = hashes.sha256(file)
    file.write_bytes(b"two")
    os.utime(file, ns=(10, 10))
    with MediaHashes(tmp_path / "hashes.sqlite") as hashes:
        assert hashes.sha256(file) == first
        os.utime(file, ns=(10, 11))
        assert hashes.sha256(file) == hashlib.sha256(b"two").hexdigest()
        file.write_bytes(b"three")
        os.utime(file, ns=(10, 11))
        assert hashes.sha256(file) == hashlib.sha256(b"three").hexdigest()


def test_folders_of_frames_are_compared_by_names_and_contents(tmp_path, hashes):
    for folder, names in {"a": ["1.png", "2.png"], "b": ["1.png", "2.png"], "c": ["1.png", "3.png"]}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_bytes(b"same")
    assert hashes.sha256(tmp_path / "a") == hashes.sha256(tmp_path / "b") != hashes.sha256(tmp_path / "c")
    assert media_size(tmp_path / "a") == 8


@pytest.mark.parametrize("name", ["missing.mp4", "no\0name", "\ud800.mp4", "x" * 5000])
def test_what_is_not_there_has_no_hash_and_no_size(tmp_path, hashes, name):
    assert hashes.sha256(f"{tmp_path}/{name}") is None
    assert media_size(f"{tmp_path}/{name}") is None


def test_an_empty_folder_has_no_hash(tmp_path, hashes):
    (tmp_path / "frames").mkdir()
    assert hashes.sha256(tmp_path / "frames") is None


def test_a_file_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "hashes.sqlite").write_text("no database, but long enough to be looked at as one " * 20)
    with pytest.raises(DataError, match="remove it"):
        MediaHashes(tmp_path / "hashes.sqlite")
