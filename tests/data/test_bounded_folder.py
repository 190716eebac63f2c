import multiprocessing
import os
import time

import pytest

from video_ktr.data import bounded_folder
from video_ktr.data.bounded_folder import BoundedFolder
from video_ktr.errors import ConfigError


@pytest.fixture
def build(tmp_path):
    return lambda max_bytes=1000: BoundedFolder(tmp_path / "held", max_bytes, ".bin")


def names(folder):
    return {path.stem for path in folder.path.glob("*.bin")}


def size(folder):
    return sum(path.stat().st_size for path in folder.path.glob("*.bin"))


def test_what_is_written_is_read(build):
    folder = build()
    assert folder.read("a") is None
    folder.write("a", b"one")
    folder.write("a", b"another")
    assert build().read("a") == b"another"


def test_what_was_used_longest_ago_is_removed_first(build):
    folder = build(1000)
    for name in "abc":
        folder.write(name, bytes(300))
        time.sleep(0.02)
    folder.read("a")
    folder.write("d", bytes(300))
    # 900 bytes were held: b goes, c (of 600 left) need not.
    assert names(folder) == {"a", "c", "d"}


def test_the_bound_holds_after_every_write(build):
    folder = build(1000)
    for number in range(30):
        folder.write(str(number), bytes(100 + 17 * number))
        assert str(number) in names(folder)
        assert size(folder) <= 1000


def test_files_of_others_are_counted_after_a_thirty_second_of_the_bound(build):
    mine, theirs = build(3200), build(3200)
    mine.write("a", bytes(50))
    theirs.write("b", bytes(3100))
    # 50 bytes written do not make a hundred: b is not seen yet.
    mine.write("c", bytes(60))
    assert size(mine) == 3210
    mine.write("d", bytes(50))
    assert size(mine) <= 3200


def test_a_file_larger_than_the_bound_is_not_kept(build):
    folder = build(1000)
    folder.write("a", bytes(10))
    folder.write("b", bytes(1001))
    assert names(folder) == {"a"}


def test_other_files_are_left_alone(build):
    folder = build(1000)
    (folder.path / "notes.txt").write_bytes(bytes(5000))
    folder.write("a", bytes(900))
    folder.write("b", bytes(900))
    assert names(folder) == {"b"}
    assert (folder.path / "notes.txt").exists()


def test_what_a_killed_process_left_is_removed(build):
    folder = build()
    old, new = folder.path / ".partial-old", folder.path / ".partial-new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    folder.write("a", b"one")
    assert (old.exists(), new.exists()) == (False, True)


def test_a_full_disk_is_a_warning(build, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bounded_folder.os, "replace", full)
    folder = build()
    folder.write("a", b"one")
    assert "No space left" in caplog.text
    assert list(folder.path.iterdir()) == []


def test_mistakes_are_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    for arguments in ((tmp_path / "file" / "held", 10), (tmp_path / "held", 0)):
        with pytest.raises(ConfigError, match="held") as caught:
            BoundedFolder(*arguments, ".bin")
        assert "\n" not in str(caught.value)


def use(path, seed, failures):
    folder = BoundedFolder(path, 5000, ".bin")
    for turn in range(400):
        number = (turn * (2 * seed + 1)) % 12
        content = bytes([number]) * (800 + number)
        if folder.read(str(number)) not in (None, content):
            failures.put(number)
        folder.write(str(number), content)
    failures.put(None)


@pytest.mark.timeout(60)
def test_processes_write_read_and_remove_at_once(build):
    # Room for 6 of 12 files that all three write, some of them the same one at the same time.
    folder = build(5000)
    context = multiprocessing.get_context("fork")
    failures = context.Queue()
    workers = [context.Process(target=use, args=(folder.path, seed, failures)) for seed in range(3)]
    for worker in workers:
        worker.start()
    said = [failures.get(timeout=50) for _ in workers]
    for worker in workers:
        worker.join()
    assert said == [None] * 3
    assert [worker.exitcode for worker in workers] == [0] * 3
    # Each process recounts after 5000 / 32 bytes, which every one of its files exceeds.
    assert 0 < size(folder) <= 5000 + 2 * 812
    assert not list(folder.path.glob(".partial-*"))
