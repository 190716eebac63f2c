"""Runs the trials of many questions in this process, the media of the next batch read while the model is at work."""

from collections.abc import Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from transformers import AutoProcessor

from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.frame_cache import FrameCache
from video_ktr.data.prompts import PromptTemplate
from video_ktr.filtering.config import FilterConfig
from video_ktr.filtering.outcome import Outcome
from video_ktr.filtering.questions import Question
from video_ktr.filtering.trials import QuestionTrials
from video_ktr.generation import build_engine, checkpoint_sampling

Batch = Sequence[Question]


def pending_batches(questions: Sequence[Question], done: Container[str], batch_size: int) -> list[Batch]:
    """Batches of the questions whose keys are not `done`.

    Batches start at multiples of `batch_size` in the file, whatever is done: a run that goes on forms those that a
    run from the start would form.
    """
    batches = [questions[first : first + batch_size] for first in range(0, len(questions), batch_size)]
    pending = [[question for question in batch if question.key not in done] for batch in batches]
    return [batch for batch in pending if batch]


def build_trials(config: FilterConfig, template: PromptTemplate) -> QuestionTrials:
    """Load the processor, and the model into its engine.

    The transformers engine uses the GPU where there is one, unless `engine_kwargs` places the model. Raises
    ConfigError for an engine or a model that cannot be loaded.
    """
    processor = AutoProcessor.from_pretrained(config.model)
    return QuestionTrials(
        engine=build_engine(config.runs_on, config.model, **_engine_kwargs(config)),
        encoder=PromptEncoder(
            processor,
            config.media,
            max_prompt_tokens=config.max_prompt_tokens,
            frame_cache=FrameCache(config.frame_cache) if config.frame_cache else None,
        ),
        template=template,
        sampling=checkpoint_sampling(
            config.model,
            processor.tokenizer,
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            top_p=config.top_p,
            top_k=config.top_k,
        ),
        trials=config.trials,
        seed=config.seed,
    )


def run_here(batches: Sequence[Batch], trials: QuestionTrials) -> Iterator[list[Outcome]]:
    """The outcomes of each batch, in order."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="media") as pool:
        ahead = pool.submit(trials.prepare, batches[0]) if batches else None
        for following in [*batches[1:], None]:
            if ahead is None:
                return
            prepared = ahead.result()
            ahead = pool.submit(trials.prepare, following) if following is not None else None
            yield trials.run(prepared)


def _engine_kwargs(config: FilterConfig) -> dict[str, Any]:
    given = config.engine_kwargs or {}
    placed = "device" in given or "device_map" in given
    if config.runs_on == "transformers" and not placed and torch.cuda.is_available():
        return {**given, "device": "cuda"}
    return given
