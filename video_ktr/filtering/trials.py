"""The trials of questions: media decoded and encoded once, N completions each, scored by the training reward."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.data.prompts import PromptTemplate, build_messages
from video_ktr.data.sample import Sample
from video_ktr.errors import DataError, MediaError
from video_ktr.filtering.outcome import Failure, Outcome
from video_ktr.filtering.questions import Question
from video_ktr.generation import RolloutEngine, Sampling
from video_ktr.rewards import accuracy_reward, format_reward


@dataclass(frozen=True, eq=False)
class PreparedBatch:
    """Questions with their prompts, or with the failure that leaves them without one."""

    questions: Sequence[Question]
    prompts: list[EncodedPrompt | Outcome]


@dataclass(frozen=True, eq=False, kw_only=True)
class QuestionTrials:
    """Tries questions.

    Each trial has a seed of its own, derived from the run's seed, the question and the trial's number: what a trial
    draws depends neither on the batch it is in nor on what was tried before. With few digits in the weights (bfloat16)
    the arithmetic of another batch can still tip a close call.
    """

    engine: RolloutEngine
    encoder: PromptEncoder
    template: PromptTemplate
    sampling: Sampling
    trials: int
    seed: int

    def prepare(self, questions: Sequence[Question]) -> PreparedBatch:
        """Read the media of `questions` and encode their prompts; uses no model."""
        return PreparedBatch(questions, [self._prompt(question) for question in questions])

    def run(self, batch: PreparedBatch) -> list[Outcome]:
        """Try the questions of a batch, in their order."""
        tried = [q for q, p in zip(batch.questions, batch.prompts, strict=True) if not isinstance(p, Outcome)]
        done = iter(self._draw(tried, [p for p in batch.prompts if not isinstance(p, Outcome)]))
        return [prompt if isinstance(prompt, Outcome) else next(done) for prompt in batch.prompts]

    def _prompt(self, question: Question) -> EncodedPrompt | Outcome:
        if _scores(question.sample, [""])[0] is None:
            kind = question.sample.problem_type
            return _failed(question, "unscorable", f"solution {question.sample.solution!r} of problem type {kind!r}")
        try:
            return self.encoder.encode(build_messages(question.sample, self.template))
        except MediaError as error:
            return _failed(question, "unreadable", str(error))
        except DataError as error:
            # The one thing the encoder can find wrong with messages that `build_messages` made.
            return _failed(question, "too long", str(error))

    def _draw(self, questions: list[Question], prompts: list[EncodedPrompt]) -> list[Outcome]:
        if not questions:
            return []
        rows = [(place, trial) for place in range(len(questions)) for trial in range(self.trials)]
        token_ids = self.engine.generate(
            prompts,
            [place for place, _ in rows],
            self.sampling,
            row_seeds=[trial_seed(self.seed, questions[place].key, trial) for place, trial in rows],
        ).token_ids
        groups = [token_ids[first : first + self.trials] for first in range(0, len(rows), self.trials)]
        return [self._outcome(question, group) for question, group in zip(questions, groups, strict=True)]

    def _outcome(self, question: Question, token_ids: list[list[int]]) -> Outcome:
        decode = self.encoder.processor.tokenizer.decode
        outputs = [decode(ids, skip_special_tokens=True) for ids in token_ids]
        scores = [score for score in _scores(question.sample, outputs) if score is not None]
        if len(scores) < len(outputs):
            return _failed(question, "unscorable", f"{len(outputs) - len(scores)} of {len(outputs)} trials")
        return Outcome(
            key=question.key,
            scores=tuple(scores),
            lengths=tuple(len(ids) for ids in token_ids),
            formatted=tuple(score == 1 for score in format_reward(outputs)),
            cut=tuple(ids[-1] not in self.sampling.end_token_ids for ids in token_ids),
        )


def trial_seed(seed: int, key: str, trial: int) -> int:
    """The seed of one trial, from 0 to 2^63 - 1."""
    digest = hashlib.sha256(f"{seed}/{key}/{trial}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _scores(sample: Sample, outputs: list[str]) -> list[float | None]:
    return accuracy_reward(outputs, [sample.solution] * len(outputs), [sample.problem_type] * len(outputs))


def _failed(question: Question, failure: Failure, detail: str) -> Outcome:
    return Outcome(key=question.key, failure=failure, detail=" ".join(detail.split()))
