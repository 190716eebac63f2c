"""Ends a run of `video-ktr` as a power cut would, once it has come as far as a test wants."""

import os
import signal
import subprocess
import sys
import time


def kill_after(lines, written, command):
    """Run `command` in a process of its own and kill it with SIGKILL once `written()` lines are `lines` or more."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-m", "video_ktr.cli.main", *command], env=environment, **quiet)
    deadline = time.monotonic() + 120
    while written() < lines:
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL
