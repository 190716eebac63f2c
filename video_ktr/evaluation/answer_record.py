"""What a model answered to one question, as it is recorded."""

from dataclasses import dataclass
from typing import cast

from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.result_file import ResultRow, result_row
from video_ktr.evaluation.scoring import State, score_output
from video_ktr.jobs.record import Record

RETRIED = ("missing media", "unreadable media", "failed")
"""States that another try may change."""


@dataclass(frozen=True, kw_only=True)
class Answer(Record):
    """One question, asked; or why it was not. The key is the question's id."""

    output: str = ""
    state: str = "answered"
    """"answered" whatever the output is; else one of `RETRIED`."""
    length: int | None = None
    """Tokens of the output, its end token included."""
    truncated: bool = False
    """Whether the output reached the length limit before its end."""
    frames: int | None = None
    """Frames of video that the model saw."""
    detail: str = ""
    """What went wrong, in one line."""
    seconds: float = 0.0
    """The question's share of its batch's time at the model; media are read beside that."""

    def row(self, benchmark: Benchmark, question: Question) -> ResultRow:
        """The answer scored by every rule."""
        output = self.output if self.state == "answered" else None
        scored = score_output(benchmark, question, output, cast("State", self.state))
        return result_row(question, output, scored, length=self.length, truncated=self.truncated, frames=self.frames)
