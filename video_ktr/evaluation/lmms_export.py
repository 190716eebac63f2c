"""A result in the form in which lmms-eval logs samples (`--log_samples`)."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from video_ktr.data.prompts import PromptTemplate, build_messages
from video_ktr.data.schema import DataType, ProblemType, Sample
from video_ktr.evaluation.result_file import Result, ResultRow
from video_ktr.evaluation.wording import OFFICIAL
from video_ktr.jobs.whole_files import whole_file

_HASHED = ("id", "problem", "options", "problem_type", "data_type", "groups", "gold", "solution")


def write_samples(result: Result, path: str | Path) -> Path:
    """Write `lmms_samples` as JSONL, whole or not at all; give back the path."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as partial, partial.open("w", encoding="ascii") as handle:
        # ASCII: an output may hold half a surrogate pair, which UTF-8 cannot.
        handle.writelines(json.dumps(sample) + "\n" for sample in lmms_samples(result))
    return target


def lmms_samples(result: Result) -> Iterator[dict[str, Any]]:
    """Each row as lmms-eval 0.7 logs a document of a task with one reply and no filter.

    The keys are doc_id (the row's place, from 0), target (the gold answer), filtered_resps (the whole output; "" where
    there is none), token_counts, doc_hash, the scores by rule under their names, and input. Like lmms-eval we leave
    resps out, which would say the same as filtered_resps. The input is the prompt's text where the result tells its
    template; of outputs without a known prompt, and of a benchmark's own form, it is the question and its options.

    doc_hash is the SHA-256 of the question without the place of its media, and equal in two exports of one benchmark.
    It is not the one of a run of lmms-eval, which is made of what the run keeps of the task's records.
    """
    template = _template(result.meta.get("template"))
    for place, row in enumerate(result.rows):
        length = row["length"]
        yield {
            "doc_id": place,
            "target": row["gold"],
            "filtered_resps": row["output"] or "",
            "token_counts": [None if length is None else {"output_tokens": length}],
            "doc_hash": _hash(row),
            **row["scores"],
            "input": _input(row, template),
        }


def _template(told: Any) -> PromptTemplate | None:
    if not isinstance(told, Mapping) or told.get("name") == OFFICIAL:
        return None
    return PromptTemplate(**{field.name: told[field.name] for field in fields(PromptTemplate) if field.name in told})


def _input(row: ResultRow, template: PromptTemplate | None) -> str:
    if template is None:
        return "\n".join([row["problem"], *row["options"]])
    sample = Sample(
        problem_id=row["id"],
        problem=row["problem"],
        problem_type=cast("ProblemType", row["problem_type"]),
        solution=row["solution"],
        options=tuple(row["options"]),
        data_type=cast("DataType", row["data_type"]),
        path=row["path"],
    )
    return "\n".join(part["text"] for part in build_messages(sample, template)[0]["content"] if part["type"] == "text")


def _hash(row: ResultRow) -> str:
    told = {key: row[key] for key in _HASHED}  # type: ignore[literal-required]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
