"""Saved outputs scored again, without any model."""

from collections.abc import Iterator, Sequence

from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.predictions import Prediction, Predictions
from video_ktr.evaluation.result_file import ResultRow, result_row
from video_ktr.evaluation.scoring import score_output

_NONE = Prediction(output=None, state="failed")


def rescore(
    benchmark: Benchmark, questions: Sequence[Question], predictions: Predictions, *, frames: int | None = None
) -> Iterator[ResultRow]:
    """Score the output of every question, in the order of the questions.

    A question without a prediction counts as "failed" and wrong, an output without text as "empty" and wrong; what
    the rows of an evaluation say of missing media stays.
    """
    for question in questions:
        told = predictions.found.get(question.id, _NONE)
        scored = score_output(benchmark, question, told.output, told.state)  # type: ignore[arg-type]  # checked on reading
        yield result_row(question, told.output, scored, length=told.length, truncated=told.truncated, frames=frames)
