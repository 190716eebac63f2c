"""What a member of an archive may be: a plain file at a place below the folder that no other member has."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from video_ktr.errors import DataError

# Where an unpacking run keeps what it knows; no member may reach into it.
STATE_FOLDER = ".video-ktr"
MAX_PART_BYTES, MAX_NAME_BYTES = 255, 2048
# Below this size nothing is a bomb: a tar file of one byte is padded to 10 KiB, which gzip makes 1 % of.
FREE_BYTES = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class Entry:
    """One line of an archive's table.

    `name` as the archive spells it, `size` in bytes and `crc` (CRC-32) of the content, `problem` why this kind of
    member is refused or None.
    """

    name: str
    size: int
    crc: int
    is_folder: bool = False
    problem: str | None = None


@dataclass(frozen=True)
class Member:
    """A file to unpack: `entry` is its line in the archive's table, `place` its POSIX path below the folder."""

    entry: int
    place: str
    size: int
    crc: int


@dataclass(frozen=True)
class Contents:
    """What an archive unpacks to, and how many notes of macOS (``__MACOSX/``, ``._name``) it has beside that."""

    members: tuple[Member, ...]
    notes: int


def contents_of(entries: Iterable[Entry]) -> Contents:
    """Check all members and take the files among them.

    Folders come with their files: an empty one is not made. A second member of the same name and content is left out.
    Raises DataError that names the first member that is refused and says why.
    """
    members: list[Member] = []
    places, notes = Places(), 0
    for number, entry in enumerate(entries):
        place = place_of(entry.name)
        if entry.problem:
            raise refused(entry.name, entry.problem)
        if entry.is_folder or is_note(place):
            notes += is_note(place) and not entry.is_folder
            continue
        if not place:
            raise refused(entry.name, "a file without a name")
        member = Member(number, place, entry.size, entry.crc)
        if not places.has(member, "this archive"):
            places.add([member], "this archive")
            members.append(member)
    return Contents(tuple(members), notes)


def place_of(name: str) -> str:
    """The POSIX path below the folder where the member `name` belongs; "." and empty parts are left out.

    Raises DataError for a name that could mean another place on some system: absolute, with a drive letter, a
    backslash, a control character or "..", too long, or not Unicode. Also for the folder that we keep our state in,
    at any depth: below an archive's folder there may be another archive's.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    try:
        encoded = [part.encode() for part in parts]
    except UnicodeEncodeError:
        raise refused(name, "its name is not Unicode") from None
    problems = {
        "its name has a NUL or another control character": any(unicodedata.category(c) == "Cc" for c in name),
        "its name has a backslash": "\\" in name,
        "an absolute path": name.startswith("/"),
        "a drive letter": bool(parts) and _DRIVE.match(parts[0]) is not None,
        'a path with ".."': ".." in parts,
        "its name is too long": max(map(len, encoded), default=0) > MAX_PART_BYTES or len(name) > MAX_NAME_BYTES,
        f"{STATE_FOLDER} holds the state of unpacking": STATE_FOLDER in map(folded, parts),
    }
    for problem, is_met in problems.items():
        if is_met:
            raise refused(name, problem)
    return "/".join(parts)


def is_note(place: str) -> bool:
    """Whether macOS put the member there for itself: resource forks and Finder notes."""
    first, _, _ = place.partition("/")
    return first == "__MACOSX" or place.rpartition("/")[2].startswith("._")


def folded(name: str) -> str:
    """A name as file systems compare it that fold case and Unicode forms (macOS, Windows)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class Places:
    """Places below one folder that are taken, and by which archive.

    Two names that differ in case or Unicode form only count as one place, so that a set unpacks to the same files on
    every system.
    """

    def __init__(self) -> None:
        """Start with all places free."""
        self._files: dict[str, tuple[Member, str]] = {}
        self._folders: dict[str, str] = {}

    def has(self, member: Member, owner: str) -> bool:
        """Whether a file of this name, size and CRC is there already.

        Raises DataError when the place is taken by another file or by a folder; `owner` is who asks.
        """
        key = folded(member.place)
        folders = [key, *_parents(key)]
        there = self._files.get(key)
        if there is not None:
            other, of = there
            where = "" if of == owner else f" of {of}"
            if other.place != member.place:
                raise refused(member.place, f"differs from {shown(other.place)}{where} in case or Unicode form only")
            if (other.size, other.crc) != (member.size, member.crc):
                raise refused(member.place, f"is there twice with different content: also in {of}")
            return True
        for folder in folders[1:]:
            if folder in self._files:
                raise refused(member.place, f"lies below {shown(self._files[folder][0].place)}, which is a file")
        if key in self._folders:
            raise refused(member.place, f"is a file where {shown(self._folders[key])} needs a folder")
        return False

    def add(self, members: Iterable[Member], owner: str) -> None:
        """Take the places of an archive's members."""
        for member in members:
            key = folded(member.place)
            self._files.setdefault(key, (member, owner))
            for folder in _parents(key):
                self._folders.setdefault(folder, member.place)


def _parents(place: str) -> list[str]:
    parts = place.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def check_ratio(unpacked: int, packed: int, max_ratio: float) -> None:
    """Raise DataError when `unpacked` bytes out of `packed` ones are more than `max_ratio` allows."""
    if unpacked > max(FREE_BYTES, max_ratio * packed):
        raise DataError(
            f"{packed:,} bytes unpack to {unpacked:,} or more, over {max_ratio:g} times as many; when that is right, "
            f"give a greater --max-ratio"
        )


def refused(name: str, why: str) -> DataError:
    """The error for one member."""
    return DataError(f"member {shown(name)}: {why}")


def shown(name: str) -> str:
    """A name for a message: in quotes, in one line, without control characters, at most 120 characters of it."""
    return repr(name if len(name) <= 120 else name[:120] + "...")
