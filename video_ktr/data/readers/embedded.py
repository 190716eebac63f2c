"""Media stored inside a table, written to files: everything after the reader works on files."""

import hashlib
import os
from pathlib import PurePath
from typing import Any

from video_ktr.data.media_roots import VIDEO_SUFFIXES, MediaRoots
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import IMAGE_SUFFIXES
from video_ktr.errors import DataError

FOLDER = "embedded"
# Byte from which on, bytes, suffix.
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"GIF8", ".gif"),
    (8, b"WEBP", ".webp"),
    (8, b"AVI ", ".avi"),
    (4, b"ftyp", ".mp4"),
    (0, b"\x1aE\xdf\xa3", ".mkv"),
)


def stored_media(content: Any, name: str, media: MediaRoots) -> str:
    """Write `content` to ``embedded/<SHA-256><suffix>`` below the first media root unless it is there; give the path.

    The suffix follows from the first bytes, else from `name`. Raises RecordError when neither tells the kind of file,
    and DataError when the file cannot be written.
    """
    if not isinstance(content, bytes):
        raise RecordError(
            "bad embedded media", f"'bytes' is a {type(content).__name__}; expected the content of a file"
        )
    suffix = _suffix(content, name)
    target = media.resolve(f"{FOLDER}/{hashlib.sha256(content).hexdigest()}{suffix}")
    if not target.exists():
        partial = target.with_name(f".{os.getpid()}-{target.name}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            os.replace(partial, target)
        except OSError as error:
            raise DataError(
                f"{target}: cannot be written ({error.strerror}); set media_root to another folder"
            ) from error
    return str(target.absolute())


def _suffix(content: bytes, name: str) -> str:
    for start, signature, suffix in _SIGNATURES:
        if content[start : start + len(signature)] == signature:
            return suffix
    suffix = PurePath(name).suffix.lower()
    if suffix not in {*IMAGE_SUFFIXES, *VIDEO_SUFFIXES}:
        raise RecordError(
            "bad embedded media", f"{len(content)} bytes of media are of no known kind; remove the record"
        )
    return suffix
