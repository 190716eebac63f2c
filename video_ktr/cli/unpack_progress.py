"""Progress of unpacking on the error stream: a bar with bytes, rate and time left, or lines where there is no bar."""

import threading
from types import TracebackType

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

LINES_A_RUN = 10


class UnpackProgress:
    """A context manager; told of bytes by several threads.

    In a terminal, a bar; elsewhere (a log file), about ten lines a run.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.task = self.progress.add_task("reading tables", total=None)
        self._lock, self._total, self._done = threading.Lock(), 0, 0

    def __enter__(self) -> "UnpackProgress":
        """Open the bar."""
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the bar."""
        self.progress.stop()

    def expect(self, size: int) -> None:
        """There are `size` bytes to unpack."""
        self._total = size
        self.progress.update(self.task, total=size, description="unpack")

    def advance(self, size: int) -> None:
        """So many bytes more are unpacked, or were found whole."""
        self.progress.advance(self.task, size)
        with self._lock:
            before, self._done = self._done, self._done + size
            done = self._done
        tenth = max(1, self._total // LINES_A_RUN)
        if not self.console.is_terminal and before // tenth < done // tenth:
            line = f"unpack: {decimal(done)} of {decimal(self._total)}"
            self.console.print(line, highlight=False, soft_wrap=True)
