"""A folder of pictures as the frames of one video."""

import re
from pathlib import Path

from video_ktr.data.schema import IMAGE_SUFFIXES
from video_ktr.errors import MediaError


def frame_files(folder: Path) -> list[Path]:
    """The pictures in `folder`, not in folders below it, in natural order: frame2.jpg comes before frame10.jpg.

    Chosen by suffix, upper or lower case; files of other kinds are passed over, and so are names that begin with a dot
    (what macOS leaves beside the real files). Raises MediaError when none is left or the folder cannot be read.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise MediaError(f"{folder}: the folder of frames cannot be read ({error.strerror}); check it") from error
    files = [path for path in entries if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")]
    if not files:
        raise MediaError(f"{folder}: holds no pictures ({', '.join(sorted(IMAGE_SUFFIXES))}); give a folder of frames")
    return sorted(files, key=_natural)


def _natural(path: Path) -> tuple[list[tuple[str, int]], str]:
    # Text and number by turns: "a10.png" is ("a", 10), (".png", 0). The name itself parts "01" from "1".
    pieces = re.findall(r"([^0-9]*)([0-9]*)", path.name.lower())
    return [(text, int(number or 0)) for text, number in pieces], path.name
