"""JSON and JSONL files, one record at a time: memory holds a record, not the file."""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from video_ktr.errors import DataError

MAX_DEPTH = 100
"""Records nested deeper are refused: the questions of no known set come near it."""
_OPENING = frozenset({"start_map", "start_array"})
_CLOSING = frozenset({"end_map", "end_array"})


def iter_json(path: Path) -> Iterator[tuple[str | None, Any]]:
    """The elements of the one list or object that the file holds: (None, item) or (key, value).

    Raises DataError when the file is missing, holds something else, or is not valid JSON; the message says in which
    record and before which byte.
    """
    with _opened(path) as handle:
        if _only_blank(handle):
            return
        number = 0
        try:
            for element in _elements(handle, path):
                yield element
                number += 1
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path}: not valid JSON in UTF-8, in record {number} before byte {handle.tell()} "
                f"({_words(error)}); mend it or fetch it again"
            ) from error


def iter_json_lines(path: Path) -> Iterator[Any]:
    """The value on each line that is not blank. Raises DataError with the number of a line that is not JSON."""
    with _opened(path) as handle:
        # Bytes are split at newlines only: str.splitlines would also cut at separators inside a JSON string.
        for number, line in enumerate(handle, 1):
            try:
                text = line.decode("utf-8")
                values = [json.loads(text)] if text.strip() else []
            except (ValueError, RecursionError) as error:
                words = f"not valid JSON in UTF-8 ({error}); mend or remove it"
                raise DataError(f"{path}: line {number}: {words}") from error
            yield from values


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file behind its byte order mark, if it has one."""
    try:
        handle = path.open("rb")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; check the path of the question file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    with handle:
        if handle.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            handle.seek(0)
        yield handle


def _only_blank(handle: BinaryIO) -> bool:
    start = handle.tell()
    while (chunk := handle.read(4096)) and chunk.isspace():
        pass
    handle.seek(start)
    return not chunk


def _elements(handle: BinaryIO, path: Path) -> Iterator[tuple[str | None, Any]]:
    # Not ijson.items: it keeps the path to every level, which for 100 kB of "[" is gigabytes.
    depth, key, builder = 0, None, None
    for event, value in ijson.basic_parse(handle, use_float=True):
        if depth == 0 and event not in _OPENING:
            raise DataError(f"{path}: holds one {type(value).__name__}; expected a list of records")
        if depth == 1 and builder is None and event == "map_key":
            key = value
        elif depth > 1 or (depth == 1 and event not in _CLOSING):
            builder = builder or ijson.ObjectBuilder()
            builder.event(event, value)
        depth += (event in _OPENING) - (event in _CLOSING)
        if depth > MAX_DEPTH:
            raise DataError(f"{path}: nested more than {MAX_DEPTH} levels deep before byte {handle.tell()}")
        if builder is not None and depth == 1:
            yield key, builder.value
            builder = None


def _words(error: Exception) -> str:
    """What the parser says, without its drawing of the place; at times it gives the text of a bytes object."""
    return re.split(r"\\n|\n", str(error).removeprefix("b'"))[0].rstrip(".")
