"""The files that a benchmark's questions lie in, and their records one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from video_ktr.data.readers.fields import Record
from video_ktr.data.readers.rows import Row, record_of, rows_of
from video_ktr.data.rejects import RecordError, Reject, Rejects
from video_ktr.errors import DataError


@dataclass(frozen=True, slots=True)
class Place:
    """One record and where it stands."""

    file: Path
    index: int | str
    """Its place in the file, counted from 0, or its name where the file names its records."""
    number: int
    """Its place over all files."""
    total: int | None
    """Records of all files; None unless they were counted."""
    record: Record


def question_files(source: Path, patterns: Sequence[str]) -> list[Path]:
    """`source` itself when it is a file, else what the first of `patterns` finds below the folder, sorted.

    Raises DataError when there is nothing.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise DataError(f"{source}: no such file or folder; give the benchmark's question file or folder")
    for pattern in patterns:
        if found := sorted(path for path in source.glob(pattern) if path.is_file() and "__MACOSX" not in path.parts):
            return found
    raise DataError(f"{source}: holds no question file ({', '.join(patterns)}); give the file itself")


def is_video_r1(files: Sequence[Path]) -> bool:
    """Whether the first record has the keys of Video-R1's schema. Raises DataError when there is no record."""
    record = first_record(files)
    return {"problem", "solution"} <= record.keys()


def first_record(files: Sequence[Path]) -> Record:
    """The first record that is an object. Raises DataError when there is none."""
    for file in files:
        for row in rows_of(file, split="test", subset=None):
            if isinstance(row.record, dict):
                return row.record
    raise DataError(f"{files[0]}: holds no records; give a file with at least one question")


def places(files: Sequence[Path], rejects: Rejects, *, count: bool) -> Iterator[Place]:
    """Every record that is an object; the others go to `rejects`. To `count`, all records are held at once."""
    number, total = 0, None
    for file in files:
        rows: Iterator[Row] | list[Row] = rows_of(file, split="test", subset=None)
        if count and len(files) == 1:
            rows = list(rows)
            total = len(rows)
        for row in rows:
            try:
                yield Place(file, row.index, number, total, record_of(row))
            except RecordError as error:
                rejects.add(Reject(str(file), row.index, error.reason, error.detail))
            number += 1
