import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.archive_samples import make_tar, make_zip, noise, tar_info, zip_info
from video_ktr.data.archive_files import MAX_READ, ForwardReader, is_archive, read_contents, streams
from video_ktr.data.archive_members import Member
from video_ktr.errors import DataError

FILES = {"a.txt": b"aaa", "videos/b.mp4": noise(5000), "empty": b""}


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tgz", "X.ZIP"])
def test_members_and_their_content(tmp_path, name):
    archive = (make_zip if name.lower().endswith("zip") else make_tar)(tmp_path / name, FILES)
    contents = read_contents(archive, 100)
    assert contents.members == tuple(
        Member(number, place, len(content), zlib.crc32(content))
        for number, (place, content) in enumerate(FILES.items())
    )
    assert {number: stream.read() for number, stream in streams(archive, {0, 1})} == {0: b"aaa", 1: noise(5000)}
    assert is_archive(archive)


def test_what_is_no_archive():
    assert not is_archive(Path("a.mp4"))
    assert not is_archive(Path("zip"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip_are_refused(tmp_path, kind):
    archive = make_zip(tmp_path / "x.zip", [(zip_info("link", kind | 0o777), b"/etc/passwd")])
    with pytest.raises(DataError, match="member 'link': is a link or a device"):
        read_contents(archive, 100)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    archive = make_tar(tmp_path / "x.tar", [("a", b"a"), (tar_info("link", kind, "a"), b"")])
    with pytest.raises(DataError, match="member 'link': is a link, a device"):
        read_contents(archive, 100)


def test_encrypted_members_are_refused(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"a": b"secret"})
    raw = bytearray(archive.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(raw)
    with pytest.raises(DataError, match="member 'a': is encrypted"):
        read_contents(archive, 100)


def test_other_packing_methods_are_refused(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"a": b"a"}, zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="method 14"):
        read_contents(archive, 100)


def test_a_folder_with_content_is_refused(tmp_path):
    with pytest.raises(DataError, match="'a/': is a folder that has content"):
        read_contents(make_zip(tmp_path / "x.zip", {"a/": b"a"}), 100)


def test_overlapping_members_are_refused(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"a": noise(500), "b": noise(500)}, zipfile.ZIP_STORED)
    raw = bytearray(archive.read_bytes())
    second = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 1)
    raw[second + 42 : second + 46] = struct.pack("<I", 10)
    archive.write_bytes(raw)
    with pytest.raises(DataError, match="overlap"):
        read_contents(archive, 100)


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_bombs_are_refused(tmp_path, name):
    make = make_zip if name == "x.zip" else make_tar
    archive = make(tmp_path / name, {"zeros": bytes(20 << 20)})
    assert archive.stat().st_size < 25_000
    with pytest.raises(DataError, match=r"over 100 times as many.*--max-ratio"):
        read_contents(archive, 100)
    assert read_contents(archive, 2000).members[0].size == 20 << 20


def test_a_tar_header_of_many_megabytes_is_refused(tmp_path):
    info = tar_info("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    info.size = MAX_READ + 1
    archive = tmp_path / "x.tar.gz"
    archive.write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(MAX_READ + 512)))
    with pytest.raises(DataError, match="damaged or too large"):
        read_contents(archive, 1e9)


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, b"Z"])
def test_a_tar_header_that_points_back_ends(tmp_path, kind):
    info = tar_info("back", kind)
    info.size = -512
    archive = tmp_path / "x.tar"
    raw = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    archive.write_bytes(make_tar(tmp_path / "y.tar", {"a": b"a"}).read_bytes()[:1024] + raw + bytes(1024))
    with pytest.raises(DataError):
        read_contents(archive, 100)


def test_a_chain_of_tar_headers_is_refused(tmp_path):
    info = tar_info("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    (tmp_path / "x.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) * 5000 + bytes(1024))
    with pytest.raises(DataError, match="cannot be read"):
        read_contents(tmp_path / "x.tar", 100)


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_an_archive_cut_anywhere_is_refused(tmp_path, name):
    make = make_zip if name == "x.zip" else make_tar
    raw = make(tmp_path / name, {"a": noise(600), "b": noise(600, seed=1)}).read_bytes()
    # The padding of a tar file beyond its end mark, two blocks of zeros, may be missing.
    needed = len(raw.rstrip(b"\0")) + 512 if name == "x.tar" else len(raw)
    for length in range(0, needed - 1, 97 if name == "x.zip" else 61):
        (tmp_path / name).write_bytes(raw[:length])
        with pytest.raises(DataError):
            read_contents(tmp_path / name, 100)


def test_a_damaged_tar_header_is_not_taken_for_the_end(tmp_path):
    archive = make_tar(tmp_path / "x.tar", {"a": b"a", "b": b"b"})
    raw = bytearray(archive.read_bytes())
    raw[1024 + 10] ^= 0xFF
    archive.write_bytes(raw)
    with pytest.raises(DataError, match="cut short or damaged"):
        read_contents(archive, 100)


def test_a_missing_archive_is_told_in_one_line(tmp_path):
    with pytest.raises(DataError, match=r"none\.zip"):
        read_contents(tmp_path / "none.zip", 100)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_arbitrary_damage_ends_in_one_kind_of_error(tmp_path_factory, data):
    name = data.draw(st.sampled_from(["x.zip", "x.tar", "x.tar.gz"]))
    archive = tmp_path_factory.getbasetemp() / name
    raw = bytearray((make_zip if name == "x.zip" else make_tar)(archive, FILES).read_bytes())
    if name == "x.tar.gz":
        raw = bytearray(gzip.decompress(raw))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, min(len(raw), 9000) - 1))] = data.draw(st.integers(0, 255))
    archive.write_bytes(gzip.compress(raw) if name == "x.tar.gz" else raw)
    try:
        contents = read_contents(archive, 100)
    except DataError:
        return
    assert len(contents.members) <= len(FILES)


def test_a_tar_is_read_forward_only_and_within_its_ratio():
    reader = ForwardReader(io.BytesIO(bytes(3 << 20)), 1000, 2000)
    assert reader.read(512) == bytes(512)
    reader.seek(1024)
    assert reader.tell() == 1024
    with pytest.raises(DataError, match="points back"):
        reader.seek(512)
    with pytest.raises(DataError, match="too large"):
        reader.read(-1)
    with pytest.raises(DataError, match="2000 times"):
        reader.seek(2_000_001)
