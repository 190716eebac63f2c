"""How many questions of each type are kept, and why the others are not: as a table on the screen and in Markdown."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from video_ktr.data.keyed_samples import KeyedSample
from video_ktr.filtering.outcome import REASONS, Reason

ALL = "all"
HEADINGS = ("type", "asked", *REASONS)
Counts = dict[str, Counter[Reason]]


def count_by_type(questions: Sequence[KeyedSample], reasons: Sequence[Reason]) -> Counts:
    """How often each reason stands, by problem type in order of first appearance; the sum last, under `ALL`."""
    counts: Counts = {}
    for question, reason in zip(questions, reasons, strict=True):
        counts.setdefault(question.sample.problem_type, Counter())[reason] += 1
    return {**counts, ALL: Counter(reasons)}


def screen_table(counts: Counts) -> Table:
    """The counts for a terminal."""
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == HEADINGS[0] else "right")
    for row in _rows(counts):
        table.add_row(*row)
    return table


def markdown(counts: Counts, settings: dict[str, Any]) -> str:
    """The counts and the settings they were made with."""
    lines = [
        "# Difficulty filter",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|" + "---|" + "---:|" * (len(HEADINGS) - 1),
        *("| " + " | ".join(row) + " |" for row in _rows(counts)),
        "",
        "A question is kept when its accuracy, the mean accuracy reward of its trials, lies between `low` and `high`, "
        "both included. For multiple choice and numbers that is the share of right answers, for OCR, free-form and "
        "regression the mean of graded scores. Unscorable questions and media that cannot be read have no accuracy.",
        "",
        "```json",
        json.dumps(settings, indent=1, sort_keys=True),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _rows(counts: Counts) -> list[list[str]]:
    return [[kind, str(count.total()), *(str(count[reason]) for reason in REASONS)] for kind, count in counts.items()]
