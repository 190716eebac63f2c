import hashlib
import os

import pytest

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.embedded import stored_media
from video_ktr.data.rejects import RecordError
from video_ktr.errors import DataError


@pytest.mark.parametrize(
    ("content", "name", "suffix"),
    [
        (b"\x89PNG\r\n\x1a\n...", "a.jpg", ".png"),
        (b"\xff\xd8\xff\xe0", "", ".jpg"),
        (b"GIF89a", "", ".gif"),
        (b"RIFF....WEBPVP8 ", "", ".webp"),
        (b"RIFF....AVI LIST", "", ".avi"),
        (b"\0\0\0\x20ftypisom", "../../x", ".mp4"),
        (b"\x1aE\xdf\xa3...", "a.webm", ".mkv"),
        (b"II*\0", "scan.TIFF", ".tiff"),
    ],
)
def test_content_is_written_once_under_its_hash(tmp_path, content, name, suffix):
    media = MediaRoots([tmp_path / "new", tmp_path])
    path = stored_media(content, name, media)
    assert path == str(tmp_path / "new/embedded" / (hashlib.sha256(content).hexdigest() + suffix))
    with open(path, "rb") as handle:
        assert handle.read() == content
    stamp = os.stat(path).st_mtime_ns
    assert stored_media(content, name, media) == path
    assert os.stat(path).st_mtime_ns == stamp
    assert len(list((tmp_path / "new/embedded").iterdir())) == 1


@pytest.mark.parametrize(("content", "name"), [(b"text", "a.exe"), (b"", ""), ("text", "a.png"), ([1], "a.png")])
def test_content_of_no_known_kind_is_a_bad_record(tmp_path, content, name):
    with pytest.raises(RecordError) as caught:
        stored_media(content, name, MediaRoots([tmp_path]))
    assert caught.value.reason == "bad embedded media"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_leads_elsewhere_is_not_written_to(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root/embedded").symlink_to(tmp_path)
    with pytest.raises(RecordError, match="leads outside"):
        stored_media(b"GIF89a", "", MediaRoots([tmp_path / "root"]))
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


def test_a_root_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot be written .*set media_root to another folder"):
        stored_media(b"GIF89a", "", MediaRoots([tmp_path / "file"]))
