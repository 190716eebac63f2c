"""The trials of questions: media decoded and encoded once, N completions each, scored by the training reward."""

from collections.abc import Sequence
from dataclasses import dataclass

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.data.keyed_samples import KeyedSample
from video_ktr.data.prompts import PromptTemplate, build_messages
from video_ktr.data.sample import Sample
from video_ktr.errors import DataError, MediaError
from video_ktr.filtering.config import FilterConfig
from video_ktr.filtering.outcome import Failure, Outcome
from video_ktr.generation.prompted_model import PromptedModel
from video_ktr.jobs.item_seeds import item_seed
from video_ktr.rewards import accuracy_reward, format_reward


@dataclass(frozen=True, eq=False)
class PreparedBatch:
    """Questions with their prompts, or with the failure that leaves them without one."""

    questions: Sequence[KeyedSample]
    prompts: list[EncodedPrompt | Outcome]


@dataclass(frozen=True, eq=False, kw_only=True)
class QuestionTrials(PromptedModel):
    """Tries questions.

    Each trial has a seed of its own, derived from the run's seed, the question and the trial's number: what a trial
    draws depends neither on the batch it is in nor on what was tried before. With few digits in the weights (bfloat16)
    the arithmetic of another batch can still tip a close call.
    """

    template: PromptTemplate
    trials: int
    seed: int

    def prepare(self, questions: Sequence[KeyedSample]) -> PreparedBatch:
        """Read the media of `questions` and encode their prompts; uses no model."""
        return PreparedBatch(questions, [self._prompt(question) for question in questions])

    def run(self, batch: PreparedBatch) -> list[Outcome]:
        """Try the questions of a batch, in their order."""
        tried = [q for q, p in zip(batch.questions, batch.prompts, strict=True) if not isinstance(p, Outcome)]
        done = iter(self._draw(tried, [p for p in batch.prompts if not isinstance(p, Outcome)]))
        return [prompt if isinstance(prompt, Outcome) else next(done) for prompt in batch.prompts]

    def _prompt(self, question: KeyedSample) -> EncodedPrompt | Outcome:
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

    def _draw(self, questions: list[KeyedSample], prompts: list[EncodedPrompt]) -> list[Outcome]:
        if not questions:
            return []
        rows = [(place, trial) for place in range(len(questions)) for trial in range(self.trials)]
        token_ids = self.engine.generate(
            prompts,
            [place for place, _ in rows],
            self.sampling,
            row_seeds=[item_seed(self.seed, questions[place].key, trial) for place, trial in rows],
        ).token_ids
        groups = [token_ids[first : first + self.trials] for first in range(0, len(rows), self.trials)]
        return [self._outcome(question, group) for question, group in zip(questions, groups, strict=True)]

    def _outcome(self, question: KeyedSample, token_ids: list[list[int]]) -> Outcome:
        outputs = [self.text(ids) for ids in token_ids]
        scores = [score for score in _scores(question.sample, outputs) if score is not None]
        if len(scores) < len(outputs):
            return _failed(question, "unscorable", f"{len(outputs) - len(scores)} of {len(outputs)} trials")
        return Outcome(
            key=question.key,
            scores=tuple(scores),
            lengths=tuple(len(ids) for ids in token_ids),
            formatted=tuple(score == 1 for score in format_reward(outputs)),
            cut=tuple(map(self.is_cut, token_ids)),
        )


def build_trials(config: FilterConfig, template: PromptTemplate) -> QuestionTrials:
    """Load the model for the trials of `config`. Raises ConfigError for an engine or a model that cannot be loaded."""
    return QuestionTrials.load(config, template=template, trials=config.trials, seed=config.seed)


def _scores(sample: Sample, outputs: list[str]) -> list[float | None]:
    return accuracy_reward(outputs, [sample.solution] * len(outputs), [sample.problem_type] * len(outputs))


def _failed(question: KeyedSample, failure: Failure, detail: str) -> Outcome:
    return Outcome(key=question.key, failure=failure, detail=" ".join(detail.split()))
