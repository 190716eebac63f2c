"""Tasks on this machine, several at once."""

import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Lock

from video_ktr.errors import ConfigError
from video_ktr.study.tasks import Ended, Task, start_task


def run_local(tasks: Sequence[Task], jobs: int) -> Iterator[Ended]:
    """Run the tasks, `jobs` at once, and give each as it ends.

    A task that fails does not stop the others. When the caller stops early, or is interrupted, those that run are
    ended and the rest is not started. Raises ConfigError for fewer than one job.
    """
    if jobs < 1:
        raise ConfigError(f"--jobs is {jobs}: give at least 1")
    running, lock, stopping = set["subprocess.Popen[bytes]"](), Lock(), False

    def work(task: Task) -> Ended | None:
        with lock:
            if stopping:
                return None
            process = start_task(task)
            running.add(process)
        code = process.wait()
        with lock:
            running.discard(process)
        return Ended(name=task.name, code=code, log=task.log)

    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="study")
    try:
        for future in as_completed([pool.submit(work, task) for task in tasks]):
            ended = future.result()
            if ended is not None:
                yield ended
    finally:
        with lock:
            stopping = True
            for process in running:
                process.terminate()
        pool.shutdown(cancel_futures=True)
