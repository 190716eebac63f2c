"""The newest groups of completions in the token records of a run."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from video_ktr.analysis.run_data import NO_RECORDS, NOTHING_CHOSEN, was_chosen_from
from video_ktr.errors import DataError
from video_ktr.records.run_records import Record
from video_ktr.records.token_text import SIGNALS

NEEDED = (
    *("step", "row", "prompt_id", "question", "tokens", "log_probs", "selected", "rewards", "advantage"),
    *(f"{name}_{kind}" for name in SIGNALS for kind in ("score", "selected")),
)
LATER = ("generation", "process", "media", "visual_log_probs", "temporal_log_probs")
"""Columns that records written by earlier versions lack; None there."""


def newest_groups(run: str | Path, number: int) -> list[list[Record]]:
    """Up to `number` groups, each of another question, the newest steps first; the rows of a group in their order.

    A group is all recorded completions of one prompt, step, generation and process. One of equal rewards was not
    attributed and is passed over. Files are read a step at a time, and only as many as are needed.

    Raises:
        DataError: The run recorded no tokens, or only of groups that were not attributed; or a file cannot be read.
    """
    files = sorted((Path(run) / "tokens").glob("step-*.parquet"), reverse=True)
    if not files:
        raise DataError(f"{run}: {NO_RECORDS}")
    found: dict[tuple[str, str], list[Record]] = {}
    for _, of_step in groupby(files, key=lambda file: file.name.split("-")[1].removesuffix(".parquet")):
        for group in _groups([record for file in of_step for record in _read(file)]):
            if any(was_chosen_from(record) for record in group):
                found.setdefault((group[0]["prompt_id"], group[0]["question"]), group)
        if len(found) >= number:
            break
    if not found:
        raise DataError(f"{run}: {NOTHING_CHOSEN}")
    return list(found.values())[:number]


def _groups(records: list[Record]) -> Iterator[list[Record]]:
    """The groups of one step: later generations first, else in the order of their rows."""
    groups: dict[tuple[int, int, str], list[Record]] = {}
    for record in sorted(
        records, key=lambda record: (-(record["generation"] or 0), record["process"] or 0, record["row"])
    ):
        key = (record["generation"] or 0, record["process"] or 0, record["prompt_id"])
        groups.setdefault(key, []).append(record)
    yield from groups.values()


def _read(file: Path) -> list[Record]:
    try:
        records: list[Record] = pq.read_table(file).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file}: cannot be read as token records ({error}); remove it to go on without it") from error
    for name in NEEDED:
        if records and name not in records[0]:
            raise DataError(f"{file}: no token records of a training run: it has no column {name}")
    return [{**dict.fromkeys(LATER), **record} for record in records]
