"""Runs the trials of many questions, in this process or in Ray's workers; both run the same code."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from video_ktr.data.keyed_samples import KeyedSample
from video_ktr.data.prompts import PromptTemplate
from video_ktr.filtering.config import FilterConfig
from video_ktr.filtering.outcome import Outcome
from video_ktr.filtering.trials import QuestionTrials, build_trials
from video_ktr.jobs.batches import run_ahead
from video_ktr.jobs.ray_stage import run_on_ray

Batch = Sequence[KeyedSample]


def run_here(batches: Sequence[Batch], trials: QuestionTrials) -> Iterator[list[Outcome]]:
    """The outcomes of each batch, in order; the media of the next are read while the model is at work."""
    return run_ahead(batches, trials.prepare, trials.run)


def run_in_workers(batches: Sequence[Batch], config: FilterConfig, template: PromptTemplate) -> Iterator[list[Outcome]]:
    """The outcomes of each batch, as they are finished. Errors as `run_on_ray`."""
    plain = [[question.to_json() for question in batch] for batch in batches]
    for outcomes in run_on_ray(plain, partial(TrialWorker, config, template), config.ray):
        yield [Outcome.from_json(record) for record in outcomes]


class TrialWorker:
    """Tries questions that come and go as plain values."""

    def __init__(self, config: FilterConfig, template: PromptTemplate):
        self.trials = build_trials(config, template)

    def run(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Questions in, outcomes out."""
        questions = [KeyedSample.from_json(record) for record in batch]
        return [outcome.to_json() for outcome in self.trials.run(self.trials.prepare(questions))]
