"""What a filter run leaves: the kept questions, every accuracy, a picture, a table, and what could not be read.

All files are made from the ledger, in the order of the questions: the same outcomes give the same files, whatever
batches, interruptions or workers they came through.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from video_ktr.data.keyed_samples import KeyedSample, below
from video_ktr.data.sample import write_samples
from video_ktr.filtering.config import FilterConfig
from video_ktr.filtering.histogram import draw_histogram
from video_ktr.filtering.keep_rule import KeepRule, accuracy
from video_ktr.filtering.outcome import Outcome
from video_ktr.filtering.summary import Counts, count_by_type, markdown
from video_ktr.jobs.whole_files import whole_file

COLUMNS = pa.schema(
    [
        ("problem_id", pa.string()),
        ("data_source", pa.string()),
        ("problem_type", pa.string()),
        ("original_question_type", pa.string()),
        ("data_type", pa.string()),
        ("trials", pa.int32()),
        ("right", pa.int32()),
        ("accuracy", pa.float64()),
        ("kept", pa.bool_()),
        ("reason", pa.string()),
        ("mean_length", pa.float64()),
        ("format_share", pa.float64()),
        ("truncated_share", pa.float64()),
    ]
)
"""Of accuracies.parquet, one row a question. `trials` made; `right`: trials of full score; `accuracy`: mean score;
`mean_length` in tokens; `format_share` and `truncated_share` of the trials. Null where nothing was tried."""


def write_results(
    folder: Path,
    questions: Sequence[KeyedSample],
    outcomes: Mapping[str, Outcome],
    config: FilterConfig,
    *,
    roots: Sequence[Path],
) -> Counts:
    """Write kept.jsonl, accuracies.parquet, histogram.png, summary.md and unreadable.jsonl; return the counts.

    Paths in kept.jsonl are relative to the media roots. Every question must have an outcome.
    """
    rule, found = config.rule, [outcomes[question.key] for question in questions]
    reasons = [outcome.reason(rule) for outcome in found]
    kept = [question.sample for question, reason in zip(questions, reasons, strict=True) if reason == "kept"]
    write_samples([replace(s, path=below(s.path, roots)) for s in kept], folder / "kept.jsonl")
    rows = [_row(question, outcome, rule) for question, outcome in zip(questions, found, strict=True)]
    with whole_file(folder / "accuracies.parquet") as partial:
        pq.write_table(pa.Table.from_pylist(rows, schema=COLUMNS), partial)
    scored = [outcome for outcome in found if outcome.scores]
    draw_histogram(
        [accuracy(outcome.scores) for outcome in scored],
        [outcome.reason(rule) == "kept" for outcome in scored],
        config.trials,
        folder / "histogram.png",
    )
    _write_unreadable(folder / "unreadable.jsonl", questions, found)
    counts = count_by_type(questions, reasons)
    with whole_file(folder / "summary.md") as partial:
        settings = {**config.deciding(), "low": config.low, "high": config.high}
        partial.write_text(markdown(counts, settings), encoding="utf-8")
    return counts


def _row(question: KeyedSample, outcome: Outcome, rule: KeepRule) -> dict[str, Any]:
    sample, number, reason = question.sample, len(outcome.scores), outcome.reason(rule)
    row: dict[str, Any] = {
        "problem_id": sample.problem_id,
        "data_source": sample.data_source,
        "problem_type": sample.problem_type,
        "original_question_type": sample.original_question_type,
        "data_type": sample.data_type,
        "trials": number,
        "kept": reason == "kept",
        "reason": reason,
    }
    if number:
        row["right"] = sum(score == 1 for score in outcome.scores)
        row["accuracy"] = float(accuracy(outcome.scores))
        row["mean_length"] = sum(outcome.lengths) / number
        row["format_share"] = sum(outcome.formatted) / number
        row["truncated_share"] = sum(outcome.cut) / number
    return row


def _write_unreadable(path: Path, questions: Sequence[KeyedSample], outcomes: Sequence[Outcome]) -> None:
    lines = [
        json.dumps(
            {
                "problem_id": question.sample.problem_id,
                "path": question.sample.path,
                "reason": outcome.failure,
                "detail": outcome.detail,
            },
            ensure_ascii=False,
        )
        for question, outcome in zip(questions, outcomes, strict=True)
        if outcome.failure in {"unreadable", "too long"}
    ]
    with whole_file(path) as partial:
        partial.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
