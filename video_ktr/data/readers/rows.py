"""The raw records of a source of questions, whatever kind of file they lie in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_ktr.data.readers import hugging_face, tempcompass
from video_ktr.data.readers.json_stream import iter_json, iter_json_lines
from video_ktr.data.rejects import RecordError
from video_ktr.errors import DataError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_KINDS = "a .json, .jsonl or .parquet file, a folder of Parquet files or of save_to_disk, or a hub id owner/name"


@dataclass(frozen=True, slots=True)
class Row:
    """One raw record and its place: a number counted from 0, or a name where the file names its records."""

    index: int | str
    record: Any


def rows_of(source: str | Path, *, split: str, subset: str | None) -> Iterator[Row]:
    """Stream the records of a file, a folder or a hub id. Raises DataError when it is none of these."""
    path = Path(source)
    if path.suffix.lower() == ".json" and not path.is_dir():
        yield from _json_rows(path)
    else:
        yield from (Row(index, record) for index, record in enumerate(_records(path, split, subset)))


def media_folder(source: str | Path) -> Path:
    """Where media lie unless the user says: beside the file, in the folder, or for a hub id the working folder."""
    path = Path(source)
    if path.is_dir():
        return path
    return Path() if _is_hub_id(path) else path.parent


def record_of(row: Row) -> dict[str, Any]:
    """The row's record. Raises RecordError when it is no object."""
    if not isinstance(row.record, dict):
        raise RecordError("not an object", f"is a {type(row.record).__name__}; expected an object of fields")
    return row.record


def _records(path: Path, split: str, subset: str | None) -> Iterator[Any]:
    if path.is_dir():
        return hugging_face.iter_folder(path, split)
    if path.suffix.lower() == ".jsonl":
        return iter_json_lines(path)
    if path.suffix.lower() == ".parquet":
        return hugging_face.iter_parquet([path])
    if _is_hub_id(path):
        return hugging_face.iter_hub(str(path), split, subset)
    raise DataError(f"{path}: expected {_KINDS}")


def _is_hub_id(path: Path) -> bool:
    known = path.suffix.lower() in {".json", ".jsonl", ".parquet"}
    return not known and not path.exists() and _HUB_ID.fullmatch(path.as_posix()) is not None


def _json_rows(path: Path) -> Iterator[Row]:
    for index, (name, value) in enumerate(iter_json(path)):
        if name is None:
            yield Row(index, value)
        else:
            yield from (Row(place, record) for place, record in tempcompass.questions_of(name, value))
