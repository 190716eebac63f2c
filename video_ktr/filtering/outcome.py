"""What the trials of one question gave."""

from dataclasses import dataclass
from typing import Literal

from video_ktr.filtering.keep_rule import KeepRule, Verdict
from video_ktr.jobs.record import Record

Failure = Literal["unscorable", "unreadable", "too long"]
Reason = Verdict | Failure
REASONS: tuple[Reason, ...] = ("kept", "too easy", "too hard", "unscorable", "unreadable", "too long")


@dataclass(frozen=True, kw_only=True)
class Outcome(Record):
    """One question, tried; or why it could not be.

    Example: two trials of a multiple-choice question, the second cut off at the length limit:
    ``Outcome(key="5f...", scores=(1.0, 0.0), lengths=(35, 768), formatted=(True, False), cut=(False, True))``.
    """

    scores: tuple[float, ...] = ()
    """Accuracy reward of each trial, in [0, 1]; empty after a failure."""
    lengths: tuple[int, ...] = ()
    """Tokens of each completion, its end token included."""
    formatted: tuple[bool, ...] = ()
    """Whether each completion is reasoning and answer in their tags."""
    cut: tuple[bool, ...] = ()
    """Whether each completion reached the length limit before its end."""
    failure: Failure | None = None
    """unscorable: the accuracy reward has no rule for the solution or the problem type; unreadable: the media cannot
    be read; too long: the prompt exceeds the limit."""
    detail: str = ""
    """What was wrong, in one line."""

    def reason(self, rule: KeepRule) -> Reason:
        """Why the question is kept or not."""
        return self.failure or rule.verdict(self.scores)
