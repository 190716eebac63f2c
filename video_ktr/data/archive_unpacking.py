"""Brings the members of one archive to their places, when all of them are whole."""

import os
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from video_ktr.data.archive_files import CHUNK, is_archive, streams, told_in_one_line
from video_ktr.data.archive_members import Member, refused
from video_ktr.data.archive_state import ArchiveState, Signature, holds
from video_ktr.data.free_space import FreeSpace
from video_ktr.errors import DataError


@dataclass(frozen=True)
class Plan:
    """An archive whose members were checked: its state, and size and time when they were read."""

    state: ArchiveState
    signature: Signature
    members: tuple[Member, ...]


class Unpacker:
    """Unpacks archives, one call each, by several threads.

    `overwrite` says whether files of other content in a member's place are replaced; `advance` is told the bytes that
    are unpacked and may raise to give up.
    """

    def __init__(self, *, overwrite: bool, advance: Callable[[int], None]):
        self._overwrite, self._advance = overwrite, advance
        self._space = FreeSpace()

    def unpack(self, plan: Plan) -> int:
        """Unpack and mark as done; the number of members that were in their places already.

        Raises DataError when a link, a file or a folder is in the way, the disk has no room, or the archive is
        damaged: then nothing of it has reached its place.
        """
        state = plan.state
        check_ways(state.folder, plan.members)
        before = state.members()
        missing = [member for member in plan.members if not self._is_there(state.folder, member, before)]
        state.waiting.mkdir(parents=True, exist_ok=True)
        unread = {m.entry: m for m in missing if not holds(state.waiting / str(m.entry), m)}
        self._advance(size_of(plan.members) - size_of(unread.values()))
        with (
            self._space.promised(state.folder, size_of(unread.values())) as written,
            closing(streams(state.archive, unread)) as found,
        ):
            for entry, stream in found:
                self._write(stream, unread[entry], state.waiting / str(entry), written)
        if state.signature() != plan.signature:
            raise DataError("was changed while it was unpacked; run the same command again")
        for member in missing:
            target = state.folder / member.place
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(state.waiting / str(member.entry), target)
        state.finish(plan.signature, plan.members)
        return len(plan.members) - len(missing)

    def _is_there(self, folder: Path, member: Member, before: dict[str, Member]) -> bool:
        target = folder / member.place
        if not os.path.lexists(target):
            return False
        if holds(target, member):
            return True
        if target.is_dir() and not target.is_symlink():
            raise refused(member.place, f"{target} is a folder; remove it")
        # A file as the archive had it when it was unpacked last: the archive was changed since, nobody else's work.
        is_own = member.place in before and holds(target, before[member.place])
        if not is_own and is_archive(target):
            raise refused(member.place, f"{target} is an archive of other content, never replaced; remove it")
        if not is_own and not self._overwrite:
            raise refused(member.place, f"{target} is there with other content; remove it, or give --overwrite")
        return False

    def _write(self, stream: IO[bytes], member: Member, target: Path, written: Callable[[int], None]) -> None:
        """Write a member beside `target` and move it there when it is whole. Raises DataError when it is not."""
        partial = target.with_name(target.name + ".part")
        size = crc = 0
        try:
            with told_in_one_line(), open(partial, "wb") as file:
                while chunk := stream.read(CHUNK):
                    size, crc = size + file.write(chunk), zlib.crc32(chunk, crc)
                    written(len(chunk))
                    self._advance(len(chunk))
        except DataError as error:
            raise refused(member.place, str(error)) from error
        if (size, crc) != (member.size, member.crc):
            raise refused(member.place, "its content does not fit its size and CRC; fetch the archive again")
        os.replace(partial, target)


def check_ways(folder: Path, members: Iterable[Member]) -> None:
    """Raise DataError for a member whose way from `folder` passes a link or a file.

    Links are refused wherever they lead: one that stays below the folder would give a file two places.
    """
    free = {folder}
    for member in members:
        way = folder
        for part in member.place.split("/")[:-1]:
            way = way / part
            if way in free:
                continue
            if way.is_symlink():
                raise refused(member.place, f"{way} is a link, which could lead anywhere; put a folder in its place")
            if way.exists() and not way.is_dir():
                raise refused(member.place, f"{way} is a file where a folder is needed; remove it")
            free.add(way)


def size_of(members: Iterable[Member]) -> int:
    """Bytes of the members together."""
    return sum(member.size for member in members)
