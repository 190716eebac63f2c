"""Progress of work in batches: a bar with rate, time left and a mean so far, or lines where there is no bar."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

LINES_A_RUN = 10


@dataclass
class Pace:
    """Counts questions of a run; those done by earlier runs of the same folder count in everything but the rate."""

    verb: str
    """Stands before the bar."""
    counted: str
    """What the mean is of, for example "kept"."""
    total: int
    done: int
    sum: float
    """Of what is counted, over the questions that are done."""
    started: float = field(default_factory=time.monotonic)
    here: int = 0

    def advance(self, done: int, more: float) -> None:
        """Count a batch; `more` is its part of the sum."""
        self.done += done
        self.sum += more
        self.here += done

    def figures(self, now: float | None = None) -> str:
        """Rate and time left by this run's mean, and the mean of what is counted.

        Example: ``12.0 questions/min  0:40:00 left  kept 43 %``.
        """
        mean = f"{self.counted} {self.sum / self.done:.0%}" if self.done else f"{self.counted} -"
        seconds = (time.monotonic() if now is None else now) - self.started
        if not self.here or seconds <= 0:
            return mean
        rate = self.here / seconds
        left = timedelta(seconds=round((self.total - self.done) / rate))
        return f"{60 * rate:.1f} questions/min  {left} left  {mean}"


@contextmanager
def showing(pace: Pace, console: Console | None = None) -> Iterator["Display"]:
    """A display that is open while the block runs."""
    console = console or Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}"),
        console=console,
        disable=not console.is_terminal,
    )
    with progress:
        progress.add_task(pace.verb, total=pace.total, completed=pace.done, figures=pace.figures())
        yield Display(pace, progress, console)


class Display:
    """Shows a `Pace`: in a terminal a bar, elsewhere (a log file) about ten lines a run."""

    def __init__(self, pace: Pace, progress: Progress, console: Console):
        self.pace, self.progress, self.console = pace, progress, console
        self.lines = self._line()

    def update(self) -> None:
        """Show where the run stands."""
        self.progress.update(self.progress.task_ids[0], completed=self.pace.done, figures=self.pace.figures())
        if not self.console.is_terminal and self._line() > self.lines:
            self.lines = self._line()
            text = f"{self.pace.verb}: {self.pace.done} of {self.pace.total} questions  {self.pace.figures()}"
            self.console.print(text, highlight=False, soft_wrap=True)

    def _line(self) -> int:
        return LINES_A_RUN * self.pace.done // max(self.pace.total, 1)
