"""The folder that holds a model's result on one benchmark: rows.jsonl, a line a question, and result.json.

Rows carry the outputs, so that they can be scored again; result.json carries what the outputs were made with and what
the rows add up to.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from video_ktr.data.readers.json_stream import iter_json_lines
from video_ktr.errors import DataError
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.scoring import STATES, Scored
from video_ktr.evaluation.summary import Summary
from video_ktr.jobs.whole_files import whole_file

ROWS, RESULT = "rows.jsonl", "result.json"


class ResultRow(TypedDict):
    """One question and its answer, as plain values."""

    id: str
    problem: str
    options: list[str]
    problem_type: str
    data_type: str
    path: str | None
    groups: dict[str, str]
    gold: str
    solution: str
    output: str | None
    """None where there is none: media missing, the engine failed."""
    state: str
    scores: dict[str, float | None]
    """By mode and "lenient"; None where the rule does not apply or needs a judge model."""
    extracted: str | None
    length: int | None
    """Tokens of the output; None where it was not counted."""
    truncated: bool
    """Whether the output was cut at its greatest length."""
    frames: int | None
    """Frames that the model saw."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A result as it was read."""

    path: Path
    """Its result.json."""
    meta: dict[str, Any]
    rows: list[ResultRow]


def result_row(
    question: Question,
    output: str | None,
    scored: Scored,
    *,
    length: int | None = None,
    truncated: bool = False,
    frames: int | None = None,
) -> ResultRow:
    """The row of one question."""
    sample = question.sample
    return ResultRow(
        id=question.id,
        problem=sample.problem,
        options=list(sample.options),
        problem_type=sample.problem_type,
        data_type=sample.data_type,
        path=sample.path,
        groups=dict(question.groups),
        gold=question.gold,
        solution=sample.solution,
        output=output,
        state=scored.state,
        scores={"video_r1": scored.video_r1, "official": scored.official, "lenient": scored.lenient},
        extracted=scored.extracted,
        length=length,
        truncated=truncated,
        frames=frames,
    )


def write_rows(folder: str | Path, rows: Iterable[ResultRow]) -> Path:
    """Write rows.jsonl, making the folder; the file appears whole or not at all."""
    target = Path(folder) / ROWS
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as partial, partial.open("w", encoding="ascii") as handle:
        # ASCII: an output may hold half a surrogate pair, which UTF-8 cannot.
        handle.writelines(json.dumps(row) + "\n" for row in rows)
    return target


def write_result(folder: str | Path, meta: Mapping[str, Any], summary: Summary) -> Path:
    """Write result.json: `meta` and the summary's fields in one object; whole or not at all. Give back its path."""
    target = Path(folder) / RESULT
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as partial:
        partial.write_text(json.dumps({**meta, **summary.as_dict()}, indent=1) + "\n", encoding="ascii")
    return target


def read_result(path: str | Path) -> Result:
    """Read a result by its folder or its result.json.

    Raises DataError when one of the two files is missing or is no such file, and when an id is there twice.
    """
    given = Path(path)
    target = given / RESULT if given.is_dir() else given
    meta = read_meta(target)
    rows: list[ResultRow] = []
    seen: set[str] = set()
    for number, row in enumerate(iter_json_lines(target.with_name(ROWS)), 1):
        where = f"{target.with_name(ROWS)}: line {number}"
        _check_row(row, where)
        if row["id"] in seen:
            raise DataError(f"{where}: the question {row['id'][:80]!r} is there twice; evaluate or score again")
        seen.add(row["id"])
        rows.append(row)
    return Result(path=target, meta=meta, rows=rows)


def read_meta(path: Path) -> dict[str, Any]:
    """Read result.json alone. Raises DataError when it is missing or is no such file."""
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: cannot be read ({error}); give a folder that evaluate or score has written"
        ) from error
    if not isinstance(meta, dict) or not isinstance(meta.get("benchmark"), str) or not _has_modes(meta):
        raise DataError(f"{path}: is no result of evaluate or score: it lacks benchmark, modes or counts")
    return meta


def model_name(meta: Mapping[str, Any]) -> str:
    """The name of the model that a result.json tells; "unknown" where it tells none."""
    model = meta.get("model")
    name = model.get("name") if isinstance(model, dict) else model
    return name if isinstance(name, str) and name else "unknown"


def _has_modes(meta: dict[str, Any]) -> bool:
    return isinstance(meta.get("modes"), dict) and isinstance(meta.get("counts"), dict)


def _check_row(row: Any, where: str) -> None:
    if not isinstance(row, dict):
        raise DataError(f"{where}: is a {type(row).__name__}; expected an object with the fields of a row")
    if lacking := sorted(ResultRow.__required_keys__ - row.keys()):
        raise DataError(f"{where}: lacks {', '.join(lacking)}; evaluate or score again")
    texts = all(isinstance(row[key], str) for key in ("id", "problem", "solution", "gold", "problem_type"))
    plain = (
        isinstance(row["output"], str | None) and isinstance(row["groups"], dict) and isinstance(row["options"], list)
    )
    if not (texts and plain and row["state"] in STATES and _are_scores(row["scores"])):
        raise DataError(f"{where}: a field is of another type than evaluate and score write; score the outputs again")


def _are_scores(scores: Any) -> bool:
    if not isinstance(scores, dict):
        return False
    return all(score is None or (isinstance(score, int | float) and 0 <= score <= 1) for score in scores.values())
