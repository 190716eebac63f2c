"""A clock that ends work on one file when it takes too long."""

import time
from pathlib import Path

from video_ktr.errors import MediaError


class Deadline:
    """The moment by which a file has to be read.

    Asked between packets and frames, not set as an alarm: signals reach only the main thread of a process, and media
    are decoded in loader workers and threads too. So a limit is overrun by at most one packet, whose size is bounded
    (`resizing.MOST_PIXELS`), and by one read from the disk, which `seconds_left` bounds where the reader takes it.
    """

    def __init__(self, path: Path | str, limit_seconds: float):
        self._path = path
        self._limit = limit_seconds
        self._end = time.monotonic() + limit_seconds

    @property
    def seconds_left(self) -> float:
        """Never below 1 ms: readers take 0 as no limit."""
        return max(self._end - time.monotonic(), 0.001)

    def check(self) -> None:
        """Raise MediaError, naming file and limit, once the time is up."""
        if time.monotonic() >= self._end:
            raise MediaError(
                f"{self._path}: not read within the limit of {self._limit:g} seconds; raise media.time_limit_seconds, "
                "or remove or shorten the file"
            )
