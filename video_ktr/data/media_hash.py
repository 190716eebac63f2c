"""SHA-256 of media files, computed once for a file that does not change."""

import hashlib
import os
import sqlite3
from pathlib import Path
from types import TracebackType

from video_ktr.errors import DataError, MediaError

_TABLE = "CREATE TABLE IF NOT EXISTS hashes (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT)"


class MediaHashes:
    """Hashes of file contents, remembered in a small SQLite file by path, size and time of change.

    Several processes may use one such file. A hash is stored as soon as it is known, so that a build that was stopped
    does not read the same videos again. Use it in a ``with`` statement.
    """

    def __init__(self, sidecar: str | Path):
        """Open or make the file. Raises DataError when it cannot be opened or is no such file."""
        self.sidecar = Path(sidecar)
        try:
            self._database = sqlite3.connect(self.sidecar, timeout=60, isolation_level=None)
            self._database.execute(_TABLE)
        except sqlite3.Error as error:
            raise DataError(f"{sidecar}: cannot hold hashes ({error}); remove it or give another place") from error

    def sha256(self, path: str | Path) -> str | None:
        """The hash of the file's content, in hexadecimal; None when there is no such file.

        Of a folder of frames: the hash over its files' names and contents, in the order of their names; it is not
        remembered as a folder, its files are. Raises MediaError when a file is there but cannot be read.
        """
        file = Path(path)
        if os.path.isdir(file):  # unlike Path.is_dir, False for a name that no file can have
            members = sorted(member for member in file.iterdir() if member.is_file())
            parts = [f"{member.name}\0{self.sha256(member)}\n" for member in members]
            return hashlib.sha256("".join(parts).encode("utf-8", "surrogatepass")).hexdigest() if parts else None
        if not os.path.isfile(file):
            return None
        try:
            state = file.stat()
            # Bytes, as a name on disk need not be text.
            key = (os.fsencode(file.resolve()), state.st_size, state.st_mtime_ns)
            known = self._database.execute(
                "SELECT sha256 FROM hashes WHERE path = ? AND size = ? AND mtime_ns = ?", key
            ).fetchone()
            if known:
                return str(known[0])
            value = file_sha256(file)
        except OSError as error:
            raise MediaError(f"{path}: cannot be read ({error}); check its permissions or replace it") from error
        self._database.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?)", (*key, value))
        return value

    def __enter__(self) -> "MediaHashes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()


def media_size(path: str | Path) -> int | None:
    """Bytes of a file, or of the files in a folder of frames; None when there is neither.

    Media of different sizes differ, which spares most hashes.
    """
    file = Path(path)
    if os.path.isdir(file):
        return sum(member.stat().st_size for member in file.iterdir() if member.is_file())
    return file.stat().st_size if os.path.isfile(file) else None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal. Raises OSError as reading does."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
