"""Free bytes of a disk, shared out among threads that write to it at the same time."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from video_ktr.errors import DataError


class FreeSpace:
    """Promises of bytes: no more are given than the disk has free."""

    def __init__(self) -> None:
        """Start without a promise."""
        self._lock = threading.Lock()
        self._promised = 0

    @contextmanager
    def promised(self, folder: Path, count: int) -> Iterator[Callable[[int], None]]:
        """Keep `count` bytes on the disk of `folder` for the block, which gets a function to tell what it has written.

        All folders count as one disk. Raises DataError when fewer bytes are free.
        """
        with self._lock:
            free = max(0, shutil.disk_usage(folder).free - self._promised)
            if count > free:
                raise DataError(f"needs {count:,} bytes, but {free:,} are free in {folder}; make room there")
            self._promised += count
        left = count

        def written(size: int) -> None:
            nonlocal left
            with self._lock:
                left -= size
                self._promised -= size

        try:
            yield written
        finally:
            written(left)
