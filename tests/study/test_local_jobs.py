import sys
import time

import pytest

from video_ktr.errors import ConfigError
from video_ktr.study.local_jobs import run_local
from video_ktr.study.tasks import Task


def task(folder, name, code):
    return Task(name=name, command=(sys.executable, "-c", code), log=folder / f"{name}.txt")


def test_all_are_run_and_a_failure_stops_no_other(tmp_path):
    tasks = [task(tmp_path, str(number), f"raise SystemExit({number})") for number in range(4)]
    assert sorted((ended.name, ended.code) for ended in run_local(tasks, 2)) == [
        ("0", 0),
        ("1", 1),
        ("2", 2),
        ("3", 3),
    ]


def test_two_jobs_run_side_by_side(tmp_path):
    # Each waits for the file of the other.
    code = (
        "import sys, time\nfrom pathlib import Path\nmine, other = map(Path, {names})\nmine.touch()\n"
        "end = time.monotonic() + 30\nwhile not other.exists():\n assert time.monotonic() < end\n time.sleep(0.01)"
    )
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    tasks = [
        task(tmp_path, "a", code.format(names=[first, second])),
        task(tmp_path, "b", code.format(names=[second, first])),
    ]
    assert [ended.code for ended in run_local(tasks, 2)] == [0, 0]


def test_who_stops_early_leaves_nothing_running(tmp_path):
    tasks = [task(tmp_path, "quick", "pass"), task(tmp_path, "slow", "import time; time.sleep(60)")]
    begin, finished = time.monotonic(), run_local(tasks, 2)
    assert next(finished).name == "quick"
    finished.close()
    assert time.monotonic() - begin < 30


def test_no_job_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="--jobs is 0"):
        next(run_local([task(tmp_path, "a", "pass")], 0))
