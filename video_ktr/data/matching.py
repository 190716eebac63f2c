"""What counts as the same question and as the same media when two records are compared."""

import re
import unicodedata
from hashlib import blake2b
from pathlib import PurePath

# Kept although punctuation: what stands inside a number, and its sign. "3.4", "3-4" and "34" are three things.
_OF_NUMBER = re.compile(r"((?<=\d)[.,/:-](?=\d)|(?<!\w)[-.](?=\d))")
_COUNTER = re.compile(r"[\W\d_]+")
# Downloaders put these before the eleven characters of a YouTube id.
_YOUTUBE_PREFIX = re.compile(r"(?:ytb|v)_(?=[\w-]{11}$)", re.ASCII)
_PLAIN_WORD = re.compile(
    "animation|audio|camera|chart|clip|diagram|document|fig|figure|frame|gif|images?|img|media|movie|output|page|part|"
    "photo|pic|picture|plot|question|sample|scene|screenshot|seg|segment|shot|slide|split|test|train|trim|val|vid|"
    "videos?|view|[a-z]"
)
_ID_DIGITS = 8


class _Spaced(dict[int, int]):
    """For `str.translate`: punctuation, control characters and spaces of any kind become a space."""

    def __missing__(self, code: int) -> int:
        self[code] = ord(" ") if unicodedata.category(chr(code))[0] in "PCZ" else code
        return self[code]


_SPACED = _Spaced()


def question_key(text: str) -> str:
    """The question as it is compared: case, white space and punctuation do not count.

    Unicode compatibility forms are folded (NFKC, case folding). Punctuation becomes a space, except inside a number or
    as its sign; symbols such as ``+`` and ``<`` stay, as they carry the meaning of a formula. The key of a key is
    itself. A question of punctuation alone has the key "".
    """
    # Every second piece is a mark to keep.
    pieces = _OF_NUMBER.split(_folded(text))
    pieces[::2] = [piece.translate(_SPACED) for piece in pieces[::2]]
    return " ".join("".join(pieces).split())


def media_name(path: str) -> str:
    """The name of a media file as it is compared: without folder, suffix and case.

    ``ytb_`` or ``v_`` before eleven characters, as downloaders name videos of YouTube, is taken off, so that
    ``ytb_AbCdEfGhIjK.mp4`` and ``abcdefghijk.webm`` are one video.
    """
    stem = PurePath(path.replace("\\", "/")).stem
    return _YOUTUBE_PREFIX.sub("", _folded(stem), count=1)


def is_telling(name: str) -> bool:
    """Whether two media of this name are the same media in all likelihood.

    Not so for a name that many data sets give: a plain word with or without a number (``video_1``, ``frame-0003``), a
    single letter with a number (``q12``), or a number of fewer than 8 digits without its leading zeros. A longer number
    is an identifier of a collection (``1034419625``).
    """
    digits = "".join(character for character in name if character.isdigit())
    words = [word for word in _COUNTER.split(name) if word]
    if not words:
        return len(digits.lstrip("0")) >= _ID_DIGITS
    return not all(_PLAIN_WORD.fullmatch(word) for word in words)


def _folded(text: str) -> str:
    # Folding case may undo the normal form.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def digest(*parts: str) -> bytes:
    """Sixteen bytes that stand for some texts, so that a set of many texts stays small."""
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
