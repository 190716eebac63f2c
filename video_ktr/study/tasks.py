"""A piece of work as a process: a command whose output goes to a log."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

# One compute thread a process: the processes of a study are the parallel part, and threads of tiny models only wait for
# each other.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is to be run."""

    name: str
    command: tuple[str, ...]
    log: Path
    """Takes the output of all attempts, one after the other."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What became of a task."""

    name: str
    code: int
    """Exit status; 0 is done, below 0 the signal that ended it."""
    log: Path

    @property
    def last_line(self) -> str:
        """The last line of the log: of a mistake, what was wrong."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n") if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "no output")


def start_task(task: Task) -> "subprocess.Popen[bytes]":
    """Start the command in this folder, with one compute thread."""
    task.log.parent.mkdir(parents=True, exist_ok=True)
    with task.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603  # our own worker
            task.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **ENVIRONMENT}
        )
