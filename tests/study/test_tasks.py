import sys

from video_ktr.study.tasks import Ended, Task, start_task


def test_output_goes_to_the_log_and_threads_are_one(tmp_path):
    code = "import os, sys; print('threads', os.environ['OMP_NUM_THREADS']); sys.exit('a mistake')"
    task = Task(name="x", command=(sys.executable, "-c", code), log=tmp_path / "new" / "log.txt")
    for _ in range(2):
        assert start_task(task).wait(timeout=60) == 1
    assert task.log.read_text().splitlines().count("threads 1") == 2
    assert Ended(name="x", code=1, log=task.log).last_line == "a mistake"


def test_no_log_has_no_last_line(tmp_path):
    assert Ended(name="x", code=1, log=tmp_path / "none").last_line == "no output"
