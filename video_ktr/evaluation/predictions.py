"""Saved outputs of a model, from whatever script, matched to the questions of a benchmark.

Four kinds of file are known: JSONL (or a JSON list) of ``{id, output}``; what Video-R1's script writes,
``{"results": [{..., "output": ...}]}``; JSONL of ``{"question": {...}, "model_output": ...}``; and TempCompass' own
``{video: {aspect: [{question, answer, prediction}]}}``. The rows.jsonl of a result is of the first kind.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from video_ktr.data.readers.json_stream import iter_json, iter_json_lines
from video_ktr.data.readers.tempcompass import questions_of
from video_ktr.data.rejects import RecordError, Reject, Rejects
from video_ktr.errors import DataError
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.question_index import QuestionIndex
from video_ktr.evaluation.scoring import STATES

_OUTPUTS = ("output", "model_output", "prediction")


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One saved output."""

    output: str | None
    state: str = "answered"
    """Of our own rows what they say; else "answered"."""
    length: int | None = None
    truncated: bool = False


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """The outputs of one or more files."""

    found: dict[str, Prediction] = field(default_factory=dict)
    """By question id."""
    unmatched: list[str] = field(default_factory=list)
    """Places of predictions that belong to no question, or to several alike."""
    duplicates: list[str] = field(default_factory=list)
    """Places of predictions for questions that had one before; the first counts."""


def read_predictions(paths: Sequence[str | Path], questions: Sequence[Question], rejects: Rejects) -> Predictions:
    """Read every file and match its records to the questions; a folder stands for the .json and .jsonl files in it.

    A record belongs to the question of its id, unless it repeats the question's text and that is another; else to the
    one with its text and video, else to the only one with its text. Equal records belong to equal questions in the
    order of both. Records without an output go to `rejects`. Raises DataError when a file is missing, is no JSON, or
    when nothing could be matched.
    """
    index, result = QuestionIndex(questions), Predictions()
    number = 0
    for file in _files(paths):
        times: Counter[tuple[str, ...]] = Counter()
        for place, record in _records(file):
            number += 1
            try:
                about, prediction = _read(record)
            except RecordError as error:
                rejects.add(Reject(str(file), place, error.reason, error.detail))
                continue
            _take(result, f"{file} record {place!r}", index.find(about, times), prediction)
    if not result.found:
        seen = (
            f"{number} records, {len(rejects)} without a text as output, {len(result.unmatched)} of no known question"
        )
        raise DataError(f"{paths[0]}: no prediction fits the questions ({seen}); check that both are of one benchmark")
    return result


def _take(result: Predictions, where: str, matched: str | None, prediction: Prediction) -> None:
    if matched is None:
        result.unmatched.append(where)
    elif matched in result.found:
        result.duplicates.append(where)
    else:
        result.found[matched] = prediction


def _files(paths: Sequence[str | Path]) -> Iterator[Path]:
    for path in map(Path, paths):
        if not path.exists():
            raise DataError(f"{path}: no such file or folder; check the path of the predictions")
        if not path.is_dir():
            yield path
            continue
        inside = sorted(file for file in path.iterdir() if file.suffix in {".json", ".jsonl"})
        if not inside:
            raise DataError(f"{path}: holds no .json or .jsonl file; give the file of predictions")
        yield from inside


def _records(file: Path) -> Iterator[tuple[int | str, Any]]:
    if file.suffix.lower() == ".jsonl":
        yield from enumerate(iter_json_lines(file))
        return
    number = 0
    for name, value in iter_json(file):
        if name is None:
            yield number, value
            number += 1
        elif name == "results" and isinstance(value, list):
            yield from enumerate(value)
        elif isinstance(value, dict):
            yield from questions_of(name, value)


def _read(record: Any) -> tuple[Mapping[str, Any], Prediction]:
    """What the record says of its question, and the output."""
    if not isinstance(record, dict):
        raise RecordError("not an object", f"is a {type(record).__name__}; expected an object with id and output")
    key = next((key for key in _OUTPUTS if key in record), None)
    if key is None:
        raise RecordError("missing output", f"has none of {', '.join(_OUTPUTS)}; mend or remove the record")
    output, state, length = record[key], record.get("state"), record.get("length")
    if not isinstance(output, str | None):
        raise RecordError("bad output", f"{key!r} is a {type(output).__name__}; expected text")
    question = record.get("question")
    prediction = Prediction(
        output=output,
        state=state if state in STATES else "answered",
        length=length if isinstance(length, int) else None,
        truncated=record.get("truncated") is True,
    )
    return (question if isinstance(question, dict) else record), prediction
