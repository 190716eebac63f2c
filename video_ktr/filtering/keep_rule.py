"""Which questions are kept: those that the model answers neither too often nor too seldom, decided exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from video_ktr.errors import ConfigError

Verdict = Literal["kept", "too easy", "too hard"]


@dataclass(frozen=True, kw_only=True)
class KeepRule:
    """Keep a question when low <= accuracy <= high, both ends included.

    The paper keeps 20 % to 80 % of 8 trials, that is 2 to 6 right. Accuracy is the mean score of the trials: the share
    of right answers where a score is 0 or 1 (multiple choice, numerical), the mean of graded scores elsewhere (OCR,
    free-form, regression).

    Every number counts as the decimal it prints as, and sums are fractions: 2 of 10 is 0.2 and not a hair below it.

    Raises ConfigError unless 0 <= low <= high <= 1.
    """

    low: float = 0.2
    high: float = 0.8

    def __post_init__(self) -> None:
        # The negation also refuses NaN.
        if not 0 <= self.low <= self.high <= 1:
            raise ConfigError(f"low is {self.low} and high is {self.high}: give 0 <= low <= high <= 1")

    def verdict(self, scores: Sequence[float]) -> Verdict:
        """What becomes of a question whose trials scored `scores`, one or more numbers in [0, 1]."""
        mean = accuracy(scores)
        if mean < exact(self.low):
            return "too hard"
        return "too easy" if mean > exact(self.high) else "kept"


def accuracy(scores: Sequence[float]) -> Fraction:
    """The mean of one or more scores, exactly."""
    return sum(map(exact, scores), Fraction(0)) / len(scores)


def exact(value: float) -> Fraction:
    """The number that `value` is written as: 0.2 is 1/5, which no float is."""
    return Fraction(repr(float(value)))
