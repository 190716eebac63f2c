"""Unpacks the archives of a data set, each into the folder it lies in.

Nothing of an archive reaches its place before all of it is read and checked: its names and sizes first, then each
member is written below ``.video-ktr``, compared with its size and CRC-32, and moved when the last one is whole. A run
that was killed goes on with what is whole. Archives are unpacked by threads: decompression, sums and the disk all
work outside Python's lock, and a killed process leaves no other behind that still writes.

Files get the default permissions and the time they were written; links, owners and modes of the archive are not
taken over. A kill is survived, a power cut is not: nothing is forced out to the disk.
"""

import fnmatch
import os
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from video_ktr.data.archive_files import is_archive, read_contents, told_in_one_line
from video_ktr.data.archive_members import STATE_FOLDER, Contents, Places
from video_ktr.data.archive_state import ArchiveState, locked
from video_ktr.data.archive_unpacking import Plan, Unpacker, size_of
from video_ktr.errors import ConfigError, DataError


@dataclass(frozen=True, kw_only=True)
class UnpackOptions:
    """How to unpack.

    Attributes:
        jobs: Archives at a time.
        pattern: Only archives whose path below the folder matches it, as in ``STAR/*`` or ``*_part1.zip``.
        max_ratio: Archives that unpack to more than this many times their size are refused.
        overwrite: Whether a file of other content that is in a member's place is replaced.

    Raises ConfigError for less than one job and a ratio that is not above 0.
    """

    jobs: int = field(default_factory=lambda: min(8, os.cpu_count() or 1))
    pattern: str = "*"
    max_ratio: float = 100.0
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise ConfigError(f"jobs is {self.jobs}: give 1 or more")
        if not self.max_ratio > 0:
            raise ConfigError(f"max_ratio is {self.max_ratio}: give a number above 0")


@dataclass(frozen=True)
class Unpacked:
    """What became of one archive.

    `files` and `size` (bytes) of its members, how many of them were `there` before, macOS `notes` left out, whether it
    `was_done` by an earlier run, and the `problem` it was refused for, which names archive and member.
    """

    archive: Path
    files: int = 0
    size: int = 0
    there: int = 0
    notes: int = 0
    was_done: bool = False
    problem: str | None = None


class Meter(Protocol):
    """Is told how far unpacking is, by several threads."""

    def expect(self, size: int) -> None:
        """There are `size` bytes to unpack."""

    def advance(self, size: int) -> None:
        """So many bytes more are unpacked, or were found whole."""


def find_archives(folder: str | Path, pattern: str = "*") -> list[Path]:
    """The zip and tar files below `folder`, sorted. Raises DataError when there is no folder or no such file."""
    if not Path(folder).is_dir():
        raise DataError(f"{folder}: is not a folder; give the folder that holds the archives")
    root = Path(folder).resolve()
    below = {path: path.relative_to(root) for path in sorted(root.rglob("*")) if is_archive(path) and path.is_file()}
    found = [
        path
        for path, name in below.items()
        if STATE_FOLDER not in name.parts and fnmatch.fnmatchcase(name.as_posix(), pattern)
    ]
    if not found:
        raise DataError(f"{root}: holds no .zip, .tar, .tar.gz or .tgz file that matches {pattern!r}")
    return found


def unpack_folder(folder: str | Path, options: UnpackOptions, meter: Meter) -> list[Unpacked]:
    """Unpack the archives below `folder`; one result for each, in the order of their paths.

    A refused archive does not stop the others. Two archives of one folder may hold the same member when its content is
    the same; otherwise the second is refused. An archive that came out of another one is left as it is.

    Raises DataError when there is nothing to unpack or another process unpacks there.
    """
    archives = find_archives(folder, options.pattern)
    with ExitStack() as locks:
        for place in sorted({archive.parent for archive in archives}):
            locks.enter_context(locked(place))
        return _Run(options, meter).unpack(archives)


class _Stopped(Exception):  # noqa: N818  # no error: the run is being given up
    """Ends the threads of a run that was interrupted."""


@dataclass(frozen=True)
class _Step:
    """How far one archive is: `plan` is None when it was refused."""

    result: Unpacked
    plan: Plan | None

    @property
    def is_open(self) -> bool:
        return self.plan is not None and not self.result.was_done


class _Run:
    def __init__(self, options: UnpackOptions, meter: Meter):
        self._options, self._meter = options, meter
        self._stop = threading.Event()
        self._unpacker = Unpacker(overwrite=options.overwrite, advance=self._advance)

    def unpack(self, archives: list[Path]) -> list[Unpacked]:
        with ThreadPoolExecutor(self._options.jobs) as pool:
            try:
                steps = _without_clashes(list(pool.map(self._check, archives)))
                self._meter.expect(sum(step.result.size for step in steps if step.is_open))
                return list(pool.map(self._unpack, steps))
            finally:
                self._stop.set()
                pool.shutdown(cancel_futures=True)

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _advance(self, size: int) -> None:
        self._go_on()
        self._meter.advance(size)

    def _check(self, archive: Path) -> _Step:
        state = ArchiveState(archive)
        try:
            with told_in_one_line():
                signature = state.signature()
                was_done = state.is_done()
                known = Contents(tuple(state.members().values()), 0) if was_done else None
                found = known or read_contents(archive, self._options.max_ratio, self._go_on)
        except DataError as error:
            return _refused(archive, error)
        result = Unpacked(archive, len(found.members), size_of(found.members), notes=found.notes, was_done=was_done)
        return _Step(result, Plan(state, signature, found.members))

    def _unpack(self, step: _Step) -> Unpacked:
        if step.plan is None or not step.is_open:
            return step.result
        try:
            with told_in_one_line():
                return replace(step.result, there=self._unpacker.unpack(step.plan))
        except DataError as error:
            step.plan.state.clear()
            return _refused(step.result.archive, error).result


def _refused(archive: Path, error: DataError) -> _Step:
    return _Step(Unpacked(archive, problem=f"{archive}: {error}"), None)


def _without_clashes(steps: list[_Step]) -> list[_Step]:
    """The steps, those refused whose members clash with another archive's; what is unpacked already comes first.

    Archives that are themselves members of an unpacked one are left out.
    """
    places: dict[Path, Places] = defaultdict(Places)
    settled = {step.result.archive: step for step in steps}
    for step in sorted(steps, key=lambda step: step.is_open):
        if step.plan is None:
            continue
        archive, taken = step.result.archive, places[step.plan.state.folder]
        try:
            for member in step.plan.members if step.is_open else ():
                taken.has(member, archive.name)
        except DataError as error:
            settled[archive] = _refused(archive, error)
            continue
        taken.add(step.plan.members, archive.name)
    done = [step.plan for step in steps if step.plan is not None and step.result.was_done]
    inside = {plan.state.folder / member.place for plan in done for member in plan.members}
    return [step for archive, step in settled.items() if archive not in inside]
