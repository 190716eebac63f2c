"""Reading what a run left behind: metrics, token records, evaluation records."""

import json
import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from video_ktr.errors import DataError

Record = dict[str, Any]


def read_metrics(run: str | Path) -> list[Record]:
    """The lines of `metrics.jsonl`; a last line cut short by a kill is left out.

    Raises DataError when it is missing, cannot be read, or another line is no record of a step.
    """
    path = Path(run) / "metrics.jsonl"
    if not path.exists():
        raise DataError(f"{path}: no such file; give the output folder of a training run")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    records: list[Record] = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            if number < len(lines):
                raise DataError(f"{path}: line {number} is not valid JSON ({error})") from error
            continue
        if not isinstance(record, dict) or not isinstance(record.get("step"), int | float):
            raise DataError(f"{path}: line {number} names no step; it is not the file that a training run writes")
        records.append(record)
    return records


def curve(metrics: list[Record], key: str) -> list[tuple[float, float]]:
    """(step, value) of one metric, finite values only."""
    points = [(float(record["step"]), record.get(key)) for record in metrics]
    return [(step, float(value)) for step, value in points if isinstance(value, int | float) and math.isfinite(value)]


def read_result(path: str | Path) -> Record:
    """An evaluation record. Raises DataError when it is missing or not JSON."""
    try:
        result: Record = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: cannot be read as an evaluation record ({error})") from error
    return result


def newest_completions(run: str | Path, number: int) -> list[Record]:
    """Up to `number` token records with key tokens in them, the newest steps first, each of another question.

    A completion of a group of equal rewards has none: it taught nothing, and was not attributed. Raises DataError when
    the run recorded no tokens.
    """
    files = sorted((Path(run) / "tokens").glob("step-*.parquet"), reverse=True)
    if not files:
        raise DataError(f"{Path(run) / 'tokens'}: no token records; train with token_record_rate above 0")
    found: dict[str, Record] = {}
    for file in files:
        for record in pq.read_table(file).to_pylist():
            if any(record["selected"]):
                found.setdefault(record["question"], record)
            if len(found) == number:
                return list(found.values())
    return list(found.values())
