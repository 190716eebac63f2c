"""Where a record's media file lies below the folders that it may lie in."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from video_ktr.data.rejects import RecordError

# The published sets were converted between containers, so that a record may name another suffix than the file has.
VIDEO_SUFFIXES = (".mp4", ".MP4", ".mkv", ".webm", ".avi")
PATH_OUTSIDE = "path outside media root"


class MediaRoots:
    """Finds media files below `roots`, and refuses what lies elsewhere unless `allow_outside`.

    A record's path is looked for as ``root/path`` and, as Video-R1's evaluation files need it, as ``root/path`` without
    a leading "Evaluation/"; a video also under the suffixes mp4, MP4, mkv, webm and avi. A path with a leading slash
    that names no file is one below a root: some published files write them so.
    """

    def __init__(self, roots: Sequence[str | Path], *, allow_outside: bool = False):
        self.roots = tuple(Path(root) for root in roots)
        self.allow_outside = allow_outside
        self._real_roots = tuple(os.path.realpath(root) for root in self.roots)

    def resolve(self, path: str) -> Path:
        """The first place where the file (or folder of frames) exists, else the plain join with the first root.

        Raises RecordError, a DataError, when the path leaves every root by "..", as an absolute path or through a
        symbolic link, unless `allow_outside`; and when no file can have such a name.
        """
        return self.resolve_first([path])

    def resolve_first(self, paths: Sequence[str]) -> Path:
        """As `resolve`, for a file that may lie under several names; without any, the plain join of the first name."""
        for path in paths:
            _check_name(path)
            for place in self._places(path):
                if os.path.exists(place):
                    return self._inside(place, path)
        plain = next(self._places(paths[0]))
        _check_lookup(plain, paths[0])
        return self._inside(plain, paths[0])

    def _places(self, path: str) -> Iterator[str]:
        """Every place to look in; the first is the one that is told when there is no file."""
        if path.startswith("/") and (self.allow_outside or os.path.exists(path) or self._holds(path)):
            yield path
        name = str(PurePosixPath(path.lstrip("/")))
        # Text, not Path objects: a file of missing media has ten places a row.
        names = [name, name.removeprefix("Evaluation/")] if name.startswith("Evaluation/") else [name]
        for root in self.roots:
            for stem, suffix in map(os.path.splitext, names):
                yield os.path.join(root, stem + suffix)
                if suffix in VIDEO_SUFFIXES:
                    yield from (os.path.join(root, stem + other) for other in VIDEO_SUFFIXES if other != suffix)

    def _inside(self, place: str, path: str) -> Path:
        if self.allow_outside or self._holds(place):
            return Path(place)
        detail = (
            f"path {_short(path)} leads outside {', '.join(map(str, self.roots))}; set media_root to a folder that "
            "holds it, or allow_outside_media if you trust the file"
        )
        raise RecordError(PATH_OUTSIDE, detail)

    def _holds(self, place: str) -> bool:
        real = os.path.realpath(place)
        return any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in self._real_roots)


def _check_name(path: str) -> None:
    try:
        usable = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise RecordError("bad path", f"path {_short(path)} can name no file; mend it or remove the record")


def _short(path: str) -> str:
    return repr(path if len(path) <= 80 else path[:77] + "...")


def _check_lookup(place: str, path: str) -> None:
    """A file that is not there is told later, with all the others; one that cannot be looked for is told here."""
    try:
        os.stat(place)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        detail = f"path {_short(path)} cannot be looked up ({error.strerror}); mend it or remove the record"
        raise RecordError("bad path", detail) from error
