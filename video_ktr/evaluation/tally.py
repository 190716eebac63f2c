"""Scores of a group of questions, counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from video_ktr.evaluation.intervals import wilson_interval


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Results of one group of questions.

    Example: 3 of 4 right gives ``Tally(n=4, correct=3, accuracy=0.75, low=0.30, high=0.95)``.
    """

    n: int
    correct: int
    """Answers of full score."""
    accuracy: float
    """Mean score."""
    low: float
    high: float
    """95 % Wilson interval of `accuracy`. Where scores between 0 and 1 occur (regression) it errs on the wide side: no
    score in [0, 1] varies more than right-or-wrong does at the same mean."""


def tally(scores: Sequence[float]) -> Tally:
    """Count a group of scores in [0, 1]. Nothing measured gives accuracy 0 and the interval (0, 1)."""
    total = sum(scores)
    low, high = wilson_interval(round(total), len(scores))
    return Tally(
        n=len(scores),
        correct=sum(score == 1 for score in scores),
        accuracy=total / len(scores) if scores else 0.0,
        low=low,
        high=high,
    )
