import struct

import pytest

from tests.data.archive_samples import make_tar, make_zip, noise, problem_of, tree, unpack
from video_ktr.data.archive_members import STATE_FOLDER, Member
from video_ktr.data.archive_unpacking import check_ways, size_of
from video_ktr.errors import DataError

MAKERS = pytest.mark.parametrize(("make", "name"), [(make_zip, "x.zip"), (make_tar, "x.tar"), (make_tar, "x.tgz")])


def test_a_damaged_member_keeps_all_of_the_archive_out(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"good": noise(3000), "bad": noise(3000, seed=1)})
    raw = bytearray(archive.read_bytes())
    raw[5000] ^= 0xFF
    archive.write_bytes(raw)
    problem = problem_of(tmp_path)
    assert problem.startswith(f"{archive}: member 'bad': ")
    assert tree(tmp_path) == {}
    assert not (tmp_path / STATE_FOLDER / "x.zip").exists()


def test_a_member_shorter_than_its_table_says_is_refused(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"a": b"short"})
    raw = bytearray(archive.read_bytes())
    table = raw.index(b"PK\x01\x02")
    raw[table + 24 : table + 28] = struct.pack("<I", 900)
    archive.write_bytes(raw)
    assert "member 'a': " in problem_of(tmp_path)
    assert tree(tmp_path) == {}


def test_a_member_longer_than_its_table_says_is_refused(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"a": b"x" * 1000})
    raw = bytearray(archive.read_bytes())
    table = raw.index(b"PK\x01\x02")
    raw[table + 24 : table + 28] = struct.pack("<I", 900)
    archive.write_bytes(raw)
    assert "member 'a': " in problem_of(tmp_path)
    assert tree(tmp_path) == {}


@MAKERS
def test_files_in_place_stay(tmp_path, make, name):
    make(tmp_path / name, {"v/a": b"same", "v/b": b"new"})
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "a").write_bytes(b"same")
    before = (tmp_path / "v" / "a").stat()
    (result,) = unpack(tmp_path)
    after = (tmp_path / "v" / "a").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert (result.files, result.there) == (2, 1)
    assert tree(tmp_path) == {"v/a": b"same", "v/b": b"new"}


def test_files_of_other_content_are_kept_unless_told(tmp_path):
    make_zip(tmp_path / "x.zip", {"a": b"first", "b": b"theirs"})
    (tmp_path / "b").write_bytes(b"mine!!")
    problem = problem_of(tmp_path)
    assert "member 'b'" in problem
    assert "--overwrite" in problem
    assert tree(tmp_path) == {"b": b"mine!!"}
    unpack(tmp_path, overwrite=True)
    assert tree(tmp_path) == {"a": b"first", "b": b"theirs"}


def test_a_changed_archive_replaces_its_own_files_only(tmp_path):
    make_zip(tmp_path / "x.zip", {"a": b"old a", "b": b"old b"})
    unpack(tmp_path)
    make_zip(tmp_path / "x.zip", {"a": b"new a, longer", "b": b"old b"})
    (result,) = unpack(tmp_path)
    assert (result.was_done, result.there) == (False, 1)
    assert tree(tmp_path) == {"a": b"new a, longer", "b": b"old b"}
    (tmp_path / "a").write_bytes(b"edited by hand")
    make_zip(tmp_path / "x.zip", {"a": b"newest", "b": b"old b"})
    assert "other content" in problem_of(tmp_path)


def test_an_archive_is_never_replaced(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"x.zip": b"a"})
    before = archive.read_bytes()
    assert "never replaced" in problem_of(tmp_path, overwrite=True)
    assert archive.read_bytes() == before


def test_a_folder_in_the_place_of_a_file_stays(tmp_path):
    make_zip(tmp_path / "x.zip", {"a": b"a"})
    (tmp_path / "a").mkdir()
    assert "is a folder; remove it" in problem_of(tmp_path, overwrite=True)


@MAKERS
@pytest.mark.parametrize("overwrite", [False, True])
def test_members_below_a_link_are_refused(tmp_path, make, name, overwrite):
    outside, folder = tmp_path / "outside", tmp_path / "set"
    outside.mkdir()
    folder.mkdir()
    (folder / "v").symlink_to(outside)
    make(folder / name, {"a": b"a", "v/deep/b": b"b"})
    problem = problem_of(folder, overwrite=overwrite)
    assert name in problem
    assert "v/deep/b" in problem
    assert list(outside.iterdir()) == []
    assert tree(folder) == {}


def test_a_link_in_the_place_of_a_file_is_never_written_through(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "set"
    outside.write_bytes(b"precious")
    make_zip(folder / "x.zip", {"a": b"precious"})
    (folder / "a").symlink_to(outside)
    assert "other content" in problem_of(folder)
    make_zip(folder / "x.zip", {"a": b"evil"})
    unpack(folder, overwrite=True)
    assert outside.read_bytes() == b"precious"
    assert not (folder / "a").is_symlink()
    assert tree(folder) == {"a": b"evil"}


def test_more_than_the_disk_has_is_refused_before_a_byte_is_written(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"a": b"content"})
    raw = bytearray(archive.read_bytes())
    table, end = raw.index(b"PK\x01\x02"), raw.index(b"PK\x05\x06")
    # The size of "a" moves to a field of 64 bits.
    raw[end + 12 : end + 16] = struct.pack("<I", end - table + 12)
    raw[table + 24 : table + 28] = b"\xff" * 4
    raw[table + 30 : table + 32] = struct.pack("<H", 12)
    raw[end:end] = struct.pack("<HHQ", 1, 8, 1 << 60)
    archive.write_bytes(raw)
    assert "needs 1,152,921,504,606,846,976 bytes" in problem_of(tmp_path, max_ratio=1e18)
    assert "over 100 times" in problem_of(tmp_path)
    assert tree(tmp_path) == {}


def test_ways_through_files_are_refused(tmp_path):
    (tmp_path / "v").write_bytes(b"")
    with pytest.raises(DataError, match="is a file where a folder is needed"):
        check_ways(tmp_path, [Member(0, "v/a", 1, 1)])
    (tmp_path / "w").mkdir()
    check_ways(tmp_path, [Member(0, "w/a", 1, 1), Member(1, "new/deep/a", 1, 1)])
    assert size_of([Member(0, "a", 2, 1), Member(1, "b", 3, 1)]) == 5
