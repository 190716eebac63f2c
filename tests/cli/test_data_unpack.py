import signal
import subprocess
import sys
import time
import zipfile

import pytest

from tests.data.archive_samples import make_zip, noise, tree
from video_ktr.cli.data_unpack import summary
from video_ktr.cli.main import main
from video_ktr.data.archive_members import STATE_FOLDER
from video_ktr.data.archives import Unpacked

# A process started by a shell in the background ignores Ctrl-C unless told otherwise.
PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from video_ktr.cli.main import main; sys.exit(main(['data', 'unpack', *sys.argv[1:]]))"
)


def test_a_folder_is_unpacked(tmp_path, capsys):
    make_zip(tmp_path / "STAR" / "star_part1.zip", {"a.mp4": b"aaa", "__MACOSX/._a.mp4": b"x"})
    assert main(["data", "unpack", str(tmp_path), "--jobs", "1"]) == 0
    first = capsys.readouterr()
    assert first.out == "unpacked 1 archives: 1 files, 3 bytes (1 notes of macOS left out)\n"
    assert first.err.splitlines() == ["unpack: 3 bytes of 3 bytes"]
    assert main(["data", "unpack", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "unpacked 0 archives: 0 files, 0 bytes (1 archives were done before)\n"
    assert tree(tmp_path) == {"STAR/a.mp4": b"aaa"}


def test_refused_archives_are_listed_and_end_in_code_2(tmp_path, capsys):
    make_zip(tmp_path / "1.zip", {"../../evil.txt": b"x"})
    make_zip(tmp_path / "2.zip", {"b": b"b"})
    make_zip(tmp_path / "3.zip", {"/etc/passwd": b"x"})
    assert main(["data", "unpack", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["refused", "refused", "unpacked"]
    assert "'/etc/passwd': an absolute path" in out
    last = err.splitlines()[-1]
    assert last.startswith("video-ktr data: 2 of 3 archives refused; the first: ")
    assert "1.zip: member '../../evil.txt'" in last
    assert tree(tmp_path) == {"b": b"b"}


def test_ratio_pattern_and_overwrite_are_taken_over(tmp_path, capsys):
    make_zip(tmp_path / "bomb.zip", {"zeros": bytes(4 << 20)})
    make_zip(tmp_path / "other.zip", {"a": b"theirs"})
    (tmp_path / "a").write_bytes(b"mine")
    assert main(["data", "unpack", str(tmp_path)]) == 2
    assert "2 of 2 archives refused" in capsys.readouterr().err
    assert main(["data", "unpack", str(tmp_path), "--pattern", "bomb*", "--max-ratio", "2000"]) == 0
    assert main(["data", "unpack", str(tmp_path), "--pattern", "o*", "--overwrite"]) == 0
    assert tree(tmp_path) == {"a": b"theirs", "zeros": bytes(4 << 20)}


@pytest.mark.parametrize(
    ("words", "why"),
    [(["--jobs", "0"], "jobs is 0"), (["--max-ratio", "-1"], "max_ratio"), (["--speed", "9"], "unknown setting speed")],
)
def test_wrong_arguments_end_in_one_line(tmp_path, capsys, words, why):
    make_zip(tmp_path / "x.zip", {"a": b"a"})
    assert main(["data", "unpack", str(tmp_path), *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert why in line
    assert tree(tmp_path) == {}


def test_a_missing_folder_ends_in_one_line(tmp_path, capsys):
    assert main(["data", "unpack", str(tmp_path / "none")]) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_counts_of_several_archives(tmp_path):
    results = [
        Unpacked(tmp_path, files=1500, size=2_000_000, there=5, notes=2),
        Unpacked(tmp_path, files=7, size=9, was_done=True),
        Unpacked(tmp_path, problem="x.zip: bad"),
        Unpacked(tmp_path, files=1, size=1),
    ]
    assert summary(results) == [
        "refused  x.zip: bad",
        "unpacked 2 archives: 1,501 files, 2,000,001 bytes "
        "(1 archives were done before; 5 files were in place; 2 notes of macOS left out)",
    ]


def start(folder):
    command = [sys.executable, "-c", PROGRAM, str(folder), "--jobs", "2"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(path, process):
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.0005)


def test_killed_runs_end_with_the_same_files(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder in (whole, parts):
        for part in range(2):
            members = {f"v/{part}-{n:03}.mp4": noise(200_000, seed=n) for n in range(150)}
            make_zip(folder / f"part{part}.zip", members, zipfile.ZIP_STORED)
    assert start(whole).wait(timeout=60) == 0
    waiting = parts / STATE_FOLDER / "part0.zip"
    kept = {}
    for number in (20, 60):
        process = start(parts)
        wait_for(waiting / str(number), process)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL
        assert tree(parts) == {}
        found = {p.name: p.stat().st_ino for p in waiting.iterdir() if p.suffix != ".part"}
        # What was whole is not written again.
        assert kept.items() <= found.items()
        kept = found
    assert start(parts).wait(timeout=60) == 0
    assert tree(parts) == tree(whole)
    assert len(tree(parts)) == 300
    assert all((parts / "v" / f"0-{int(name):03}.mp4").stat().st_ino == inode for name, inode in kept.items())
    assert sorted(path.name for path in (parts / STATE_FOLDER).iterdir()) == [
        "lock",
        "part0.zip.json",
        "part1.zip.json",
    ]


def test_a_run_killed_while_it_moves_files_goes_on(tmp_path):
    members = {f"v/{n:04}": b"%d" % n for n in range(3000)}
    make_zip(tmp_path / "x.zip", members)
    process = start(tmp_path)
    wait_for(tmp_path / "v" / "0000", process)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    assert start(tmp_path).wait(timeout=60) == 0
    assert tree(tmp_path) == members


def test_an_interrupted_run_stops_at_once(tmp_path):
    for part in range(2):
        members = {f"{part}/{n}": noise(1 << 20, seed=n) for n in range(60)}
        make_zip(tmp_path / f"{part}.zip", members, zipfile.ZIP_STORED)
    process = start(tmp_path)
    wait_for(tmp_path / STATE_FOLDER / "0.zip" / "5", process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert not (tmp_path / STATE_FOLDER / "0.zip" / "59").exists()
    assert tree(tmp_path) == {}
    assert start(tmp_path).wait(timeout=60) == 0
    assert len(tree(tmp_path)) == 120
