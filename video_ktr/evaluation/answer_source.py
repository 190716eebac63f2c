"""Where answers come from: a model in this process, loaded once, or Ray's workers."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from video_ktr.evaluation.answer_record import Answer
from video_ktr.evaluation.benchmark_asking import build_asker
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.config import EvaluationConfig
from video_ktr.evaluation.wording import Wording
from video_ktr.generation.engine import RolloutEngine
from video_ktr.jobs.batches import run_ahead
from video_ktr.jobs.ray_stage import run_on_ray

Batches = Sequence[Sequence[Question]]


class AnswerSource:
    """Answers batches of questions for several benchmarks and numbers of frames with one model.

    In this process the model is loaded at the first question and kept; Ray loads it anew for each call.
    """

    def __init__(self) -> None:
        self._engine: RolloutEngine | None = None

    def answers(
        self, batches: Batches, config: EvaluationConfig, benchmark: Benchmark, wording: Wording
    ) -> Iterator[list[Answer]]:
        """The answers of each batch: in order here, as they are finished with Ray. `config` names one model always.

        Raises ConfigError when the engine cannot start.
        """
        if config.engine == "ray":
            yield from _in_workers(batches, config, benchmark, wording)
            return
        asker = build_asker(config, benchmark, wording, engine=self._engine)
        self._engine = asker.engine
        yield from run_ahead(batches, asker.prepare, asker.run)


class AskWorker:
    """Asks questions that are named by their ids."""

    def __init__(
        self, config: EvaluationConfig, benchmark: Benchmark, wording: Wording, questions: Mapping[str, Question]
    ):
        self.asker, self.questions = build_asker(config, benchmark, wording), questions

    def run(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Records {"id": ...} in, answers out."""
        questions = [self.questions[record["id"]] for record in batch]
        return [answer.to_json() for answer in self.asker.run(self.asker.prepare(questions))]


def _in_workers(
    batches: Batches, config: EvaluationConfig, benchmark: Benchmark, wording: Wording
) -> Iterator[list[Answer]]:
    questions = {question.id: question for batch in batches for question in batch}
    build = partial(AskWorker, config, benchmark, wording, questions)
    for done in run_on_ray([[{"id": question.id} for question in batch] for batch in batches], build, config.ray):
        yield [Answer.from_json(record) for record in done]
