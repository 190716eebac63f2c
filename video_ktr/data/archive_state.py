"""What unpacking keeps beside the archives of a folder, so that a run goes on after a kill at any moment.

folder/.video-ktr/lock         held while a run unpacks in this folder
folder/.video-ktr/NAME.json    the archive NAME is unpacked: its size and time then, and its members
folder/.video-ktr/NAME/        members of an archive that is being unpacked, by number; ``7.part`` is not whole yet
"""

import fcntl
import json
import os
import shutil
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from video_ktr.data.archive_members import STATE_FOLDER, Member
from video_ktr.errors import DataError

Signature = tuple[int, int]
CHUNK = 1 << 20


class ArchiveState:
    """The state of one archive: whether it is unpacked, with which members, and what of it waits to be moved."""

    def __init__(self, archive: Path):
        self.folder = archive.parent
        self.waiting = self.folder / STATE_FOLDER / archive.name
        self.marker = self.waiting.with_name(archive.name + ".json")
        self.archive = archive

    def signature(self) -> Signature:
        """Size in bytes and time of change in nanoseconds of the archive."""
        found = self.archive.stat()
        return found.st_size, found.st_mtime_ns

    def members(self) -> dict[str, Member]:
        """The members by place as the marker has them; none without a marker.

        A marker that cannot be read counts as none: then all members are compared with the files there.
        """
        return {member.place: member for member in self._recorded()[1]}

    def is_done(self) -> bool:
        """Whether this very archive was unpacked and its files are still there with their sizes."""
        signature, members = self._recorded()
        return signature == self.signature() and all(
            size_of_file(self.folder / member.place) == member.size for member in members
        )

    def finish(self, signature: Signature, members: tuple[Member, ...]) -> None:
        """Mark the archive as unpacked and remove what is left of the work."""
        record: dict[str, Any] = {
            "size": signature[0],
            "mtime_ns": signature[1],
            "count": len(members),
            "members": [[member.place, member.size, member.crc] for member in members],
        }
        self.marker.parent.mkdir(exist_ok=True)
        partial = self.marker.with_name(self.marker.name + ".part")
        partial.write_text(json.dumps(record) + "\n", encoding="utf-8")
        os.replace(partial, self.marker)
        self.clear()

    def clear(self) -> None:
        """Remove the members that wait."""
        if self.waiting.exists():
            shutil.rmtree(self.waiting)

    def _recorded(self) -> tuple[Signature | None, list[Member]]:
        try:
            record = json.loads(self.marker.read_text(encoding="utf-8"))
            members = [Member(i, str(p), int(size), int(crc)) for i, (p, size, crc) in enumerate(record["members"])]
            return ((record["size"], record["mtime_ns"]) if record["count"] == len(members) else None), members
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None, []


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the folder for this process; the lock goes with the process, however that ends.

    Raises DataError when another process holds it.
    """
    place = folder / STATE_FOLDER
    if place.is_symlink():
        raise DataError(f"{place}: is a link, but must be a folder of its own; remove it")
    place.mkdir(exist_ok=True)
    with open(place / "lock", "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(f"{folder}: another process unpacks here; wait for it, or stop it") from error
        yield


def size_of_file(path: Path) -> int | None:
    """Size of a plain file in bytes; None when there is none, or a link or folder instead."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def holds(path: Path, member: Member) -> bool:
    """Whether a plain file of the member's size and CRC-32 lies at `path`."""
    if size_of_file(path) != member.size:
        return False
    crc = 0
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc == member.crc
