"""Fields of raw records, read the same way in every format: None, "" and missing are one thing."""

from collections.abc import Sequence
from typing import Any

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.embedded import stored_media
from video_ktr.data.rejects import RecordError

Record = dict[str, Any]


def text(record: Record, key: str) -> str:
    """The value as text; "" for None, a missing key and not-a-number. Raises RecordError for other kinds of value."""
    value = record.get(key)
    if value is None or value != value:  # noqa: PLR0124  # NaN: how tables fill a missing cell
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecordError("bad value", f"{key!r} is a {type(value).__name__}; expected text")
    words = str(value)
    if not words.isascii() and any("\ud800" <= letter <= "\udfff" for letter in words):
        raise RecordError("bad value", f"{key!r} holds half of a surrogate pair, which is no text; mend the record")
    return words


def needed(record: Record, key: str) -> str:
    """As `text`, and RecordError when there is nothing but blanks."""
    words = text(record, key)
    if not words.strip():
        raise RecordError(f"missing {key}", f"has no {key!r}; add it or remove the record")
    return words


def lettered(choices: Any, key: str) -> tuple[str, ...]:
    """``{"A": "cup", "B": "pen"}`` as ``("A. cup", "B. pen")``; a choice that is None or "" is not there."""
    if choices is None or choices == "":
        return ()
    if not isinstance(choices, dict) or any(len(str(letter)) != 1 for letter in choices):
        raise RecordError("bad options", f"{key!r} must map single letters to texts")
    texts = {str(letter): text(choices, letter).strip() for letter in choices}
    return tuple(f"{letter}. {words}" for letter, words in texts.items() if words)


def answer_among(letter: str, options: Sequence[str]) -> str:
    """The solution for a right letter. Raises RecordError when no option starts with it."""
    if letter not in [option[0] for option in options]:
        letters = "".join(option[0] for option in options)
        raise RecordError("answer not among options", f"the answer {letter[:40]!r} is none of the options {letters!r}")
    return tagged(letter)


def tagged(answer: str) -> str:
    """The answer between its tags."""
    return f"<answer>{answer}</answer>"


def media_name(record: Record, keys: Sequence[str], media: MediaRoots) -> str:
    """The record's media path under the first of `keys` that has one; "" without any.

    A cell that holds the content of the file (a dict with ``bytes``, as `datasets` stores images and videos) is
    written below the first media root, and the path is that of the file.
    """
    for key in keys:
        value = record.get(key)
        if isinstance(value, dict) and {"bytes", "path"} & value.keys():
            name = text(value, "path")
            if value.get("bytes"):
                return stored_media(value["bytes"], name, media)
        else:
            name = text(record, key)
        if name.strip():
            return name
    return ""
