"""A folder of files that stays below a size: what was used longest ago is removed first."""

import logging
import os
import time
import uuid
from contextlib import suppress
from pathlib import Path

from video_ktr.errors import ConfigError

_PARTIAL = ".partial-"
_ABANDONED_SECONDS = 3600.0
# Removing down to fifteen sixteenths at once, and counting anew after a thirty-second, spares looks at every file.
_FREE_SHARE, _RECOUNT_SHARE = 16, 32

logger = logging.getLogger(__name__)


class BoundedFolder:
    """Files by name, which many processes may read, write and remove at once; best on a local disk.

    A file is written beside its place and moved there, so it is whole or absent. One that another process removes while
    it is read is read to its end. A file's time of change is its time of last use.

    Before the files exceed `max_bytes` those used longest ago are removed. Other processes' files are counted again
    after every `max_bytes` / 32 written, so each further process that writes may exceed the bound by as much. Files
    that a killed process left half-written go after an hour.

    Args:
        folder: Made where it is missing.
        max_bytes: Bound of the sum of the files' sizes. A single larger file is not kept.
        suffix: Of every file; files of other names are left alone.

    Raises:
        ConfigError: The folder cannot be made, or `max_bytes` is not above 0.
    """

    def __init__(self, folder: str | Path, max_bytes: int, suffix: str):
        self.path = Path(folder).expanduser()
        self.max_bytes = max_bytes
        self.suffix = suffix
        if max_bytes <= 0:
            raise ConfigError(f"{folder}: a folder of at most {max_bytes} bytes holds nothing; give more than 0")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{folder}: cannot be made a folder ({error.strerror}); give another place") from error
        self._counted: int | None = None
        self._written = 0

    def read(self, name: str) -> bytes | None:
        """The content of a file, marked as used now; None where there is none. Raises OSError as reading does."""
        path = self._place(name)
        try:
            # Not mapped: a mapped file that is cut short by a failing disk ends the process.
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        with suppress(OSError):
            os.utime(path)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Put a file in its place, whatever lay there. Where it cannot be written, a warning says so."""
        if len(content) > self.max_bytes:
            return
        partial = self.path / f"{_PARTIAL}{uuid.uuid4().hex}"
        try:
            self._make_room(len(content))
            partial.write_bytes(content)
            os.replace(partial, self._place(name))
        except OSError as error:
            # What is kept here can be made again; it is the next time that will cost.
            logger.warning("%s: a file of %d bytes cannot be kept (%s)", self.path, len(content), error)
            partial.unlink(missing_ok=True)

    def _place(self, name: str) -> Path:
        return self.path / (name + self.suffix)

    def _make_room(self, size: int) -> None:
        if self._counted is None or self._written * _RECOUNT_SHARE >= self.max_bytes:
            self._counted, self._written = sum(held for _, held, _ in self._files()), 0
        if self._counted + size > self.max_bytes:
            files = sorted(self._files())
            self._counted = sum(held for _, held, _ in files)
            goal = min(self.max_bytes - size, self.max_bytes - self.max_bytes // _FREE_SHARE)
            for _, held, path in files:
                if self._counted <= goal:
                    break
                path.unlink(missing_ok=True)
                self._counted -= held
        self._counted += size
        self._written += size

    def _files(self) -> list[tuple[int, int, Path]]:
        """Time of last use in ns, bytes and path of every file."""
        found = []
        for item in os.scandir(self.path):
            with suppress(FileNotFoundError):
                state = item.stat()
                if item.name.startswith(_PARTIAL) and time.time() - state.st_mtime > _ABANDONED_SECONDS:
                    os.unlink(item.path)
                elif item.name.endswith(self.suffix):
                    found.append((state.st_mtime_ns, state.st_size, Path(item.path)))
        return found
