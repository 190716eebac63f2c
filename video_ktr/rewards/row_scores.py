"""What the scoring reward functions share: each row by its own problem type, and a count of what has no score."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from video_ktr.rewards.answer import Completion, completion_text, solution_answer

RowScore: TypeAlias = Callable[[str, str, str], float | None]
"""From the whole text of a completion, the bare right answer and the problem type to a score, None without one."""
LogMetric: TypeAlias = Callable[[str, float], None]
"""TRL's: takes a name and the batch's value; the values of one logging step are averaged."""


def score_rows(
    score: RowScore,
    completions: Sequence[Completion],
    solution: Sequence[str],
    problem_type: Sequence[str],
    log_metric: LogMetric | None,
    *,
    only: str | None = None,
) -> list[float | None]:
    """Score every row, or the rows of the problem type `only`: the others give None.

    The share of the rows looked at that cannot be scored goes to the log as ``unscorable``; without such rows nothing
    is logged. The three columns have one entry a row: ValueError otherwise.
    """
    rows = list(zip(completions, solution, problem_type, strict=True))
    scores = [
        score(completion_text(completion), solution_answer(right), kind) if only in (None, kind) else None
        for completion, right, kind in rows
    ]
    looked_at = [value for value, (_, _, kind) in zip(scores, rows, strict=True) if only in (None, kind)]
    if log_metric is not None and looked_at:
        log_metric("unscorable", looked_at.count(None) / len(looked_at))
    return scores
