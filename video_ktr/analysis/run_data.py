"""A training run as analyses read it: settings, environment, metrics, and token records once they are asked for."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray

from video_ktr.analysis.words import WordCounts, count_words
from video_ktr.errors import DataError
from video_ktr.records.run_records import Record, read_metrics
from video_ktr.records.token_text import SIGNALS

COLUMNS = (
    *("prompt_id", "tokens", "selected"),
    *(f"{name}_score" for name in SIGNALS),
    *(f"{name}_selected" for name in SIGNALS),
)
"""The columns of token records that analyses use; the others would double the memory."""
NO_RECORDS = "the run holds no token records: train with token_record_rate above 0 (video_ktr alone has it)"
NOTHING_CHOSEN = "no recorded completion had its key tokens chosen: all groups had equal rewards, or no signal was on"


@dataclass(frozen=True)
class RunData:
    """What one run left behind.

    Two runs of equal name are told apart by the caller of `read_run`.
    """

    name: str
    folder: Path
    metrics: list[Record]
    """The lines of `metrics.jsonl`."""
    settings: Record
    """The trainer's resolved settings (`config.yaml`); {} when it is not there."""
    asked: Record
    """What `video-ktr train` was given (`settings.json`); {} for a run of one's own script."""
    environment: Record
    """Versions, hardware and commit (`environment.json`); {} when it is not there."""

    @cached_property
    def records(self) -> list[Record]:
        """All token records, oldest step first, with the columns `COLUMNS`; [] when the run recorded none.

        Scores and selections are numpy arrays and equal tokens share one string, about 45 bytes a token in all: the
        records of a long run hold tens of millions of tokens.

        Raises DataError for a file that cannot be read or lacks one of the columns.
        """
        files = sorted((self.folder / "tokens").glob("step-*.parquet"))
        return [record for file in files for record in _read_tokens(file)]

    @cached_property
    def chosen(self) -> list[Record]:
        """The token records whose key tokens were chosen: see `was_chosen_from`."""
        return [record for record in self.records if was_chosen_from(record)]

    @cached_property
    def word_counts(self) -> dict[str, WordCounts]:
        """The words of `chosen`, selected and not: see `count_words`."""
        return count_words(self.chosen)


def read_run(folder: str | Path, name: str | None = None) -> RunData:
    """Read a training run, named after its folder unless `name` is given.

    Raises DataError when the folder or its metrics are missing, or a file of it cannot be read.
    """
    path = Path(folder)
    if not path.is_dir():
        raise DataError(f"{path}: no such folder; give the output folder of a training run")
    return RunData(
        name=name or path.resolve().name,
        folder=path,
        metrics=read_metrics(path),
        settings=_read_mapping(path / "config.yaml"),
        asked=_read_mapping(path / "settings.json"),
        environment=_read_mapping(path / "environment.json"),
    )


def was_chosen_from(record: Mapping[str, Any]) -> bool:
    """Whether key tokens of this completion were chosen, be it none of them.

    Completions of a group of equal rewards were not attributed: they hold no scores and no selected token.
    """
    masks = [record[f"{name}_selected"] for name in SIGNALS]
    scored = any(record[f"{name}_score"] is not None for name in SIGNALS)
    return len(record["tokens"]) > 0 and (scored or any(mask is not None and any(mask) for mask in masks))


def signals_on(records: Sequence[Record]) -> tuple[str, ...]:
    """The signals that were on in any of the records."""
    return tuple(name for name in SIGNALS if any(record[f"{name}_selected"] is not None for record in records))


def selected_by(record: Mapping[str, Any], name: str) -> NDArray[np.bool_]:
    """Which tokens the signal selected, one entry a token: none where it was off."""
    found = record[f"{name}_selected"]
    return np.zeros(len(record["tokens"]), dtype=bool) if found is None else np.asarray(found, dtype=bool)


def _read_tokens(file: Path) -> list[Record]:
    try:
        table = pq.ParquetFile(file)
        missing = sorted(set(COLUMNS) - set(table.schema_arrow.names))
        if missing:
            raise DataError(f"{file}: no token records of a training run: it has no column {missing[0]}")
        columns = [_values(name, table.read(columns=[name])[name]) for name in COLUMNS]
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file}: cannot be read as token records ({error}); remove it to go on without it") from error
    return [dict(zip(COLUMNS, values, strict=True)) for values in zip(*columns, strict=True)]


def _values(name: str, column: pa.ChunkedArray) -> list[Any]:
    """One value a record, as `RunData.records` holds it."""
    if name == "tokens":
        return [list(map(sys.intern, tokens)) for tokens in column.to_pylist()]
    if pa.types.is_list(column.type):
        return [cell.values.to_numpy(zero_copy_only=False) if cell.is_valid else None for cell in column]
    values: list[Any] = column.to_pylist()
    return values


def _read_mapping(path: Path) -> Record:
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if not isinstance(found, dict):
        raise DataError(f"{path}: holds no settings by name; it is not the file that a training run writes")
    return found
