"""How often a model is right when it answers each question once, by sampling.

The answer of one draw at temperature 1 is what reinforcement learning works on; the most likely answer can stay as it
is while the distribution behind it moves.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import track

from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.prompts import PromptTemplate, build_messages
from video_ktr.data.sample import Sample
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.answers import score_answer
from video_ktr.evaluation.tally import Tally, tally
from video_ktr.generation import RolloutEngine, Sampling
from video_ktr.rewards import format_reward


@dataclass(frozen=True, kw_only=True)
class SampledResult:
    """One model on one set of questions, one draw a question."""

    overall: Tally
    by_type: dict[str, Tally]
    """By the source data set's kind of question, in order of first appearance."""
    format_share: float
    """Share of outputs made of reasoning and answer in their tags."""
    mean_length: float
    """Tokens an output, its end token included."""
    seed: int
    temperature: float
    top_p: float
    max_new_tokens: int


def evaluate_sampled(
    engine: RolloutEngine,
    encoder: PromptEncoder,
    samples: Sequence[Sample],
    template: PromptTemplate,
    sampling: Sampling,
    *,
    rows_path: str | Path,
    seed: int = 0,
    batch_size: int = 50,
    title: str = "evaluate",
) -> SampledResult:
    """Answer every sample once and score the answers by the published rules (`score_answer`).

    Equal seed and batch size give equal outputs; torch's random state is left as it was. The outputs go to
    `rows_path`, one JSON object a line, in the order of `samples`; the file appears whole or not at all.

    Raises DataError when there is no sample, ConfigError for a batch size below 1, MediaError for a video that cannot
    be read.
    """
    if not samples:
        raise DataError("there is no question to evaluate on; give at least one")
    if batch_size < 1:
        raise ConfigError(f"batch_size is {batch_size}: give at least 1")
    rows: list[dict[str, Any]] = []
    batches = [samples[first : first + batch_size] for first in range(0, len(samples), batch_size)]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for batch in track(batches, description=title, console=Console(stderr=True)):
            prompts = [encoder.encode(build_messages(sample, template)) for sample in batch]
            token_ids = engine.generate(prompts, range(len(batch)), sampling).token_ids
            decode = encoder.processor.tokenizer.decode
            outputs = [decode(ids, skip_special_tokens=True) for ids in token_ids]
            rows += [_row(s, o, len(ids)) for s, o, ids in zip(batch, outputs, token_ids, strict=True)]
    _write_rows(rows, Path(rows_path))
    return _result(rows, seed, sampling)


def write_result(result: SampledResult, path: str | Path) -> None:
    """Write the record as JSON; the file appears whole or not at all."""
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    partial.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
    os.replace(partial, target)


def _row(sample: Sample, output: str, length: int) -> dict[str, Any]:
    return {
        "problem_id": sample.problem_id,
        "question_type": sample.original_question_type or sample.problem_type,
        "output": output,
        "solution": sample.solution,
        "score": score_answer(output, sample.solution, sample.problem_type),
        "format": format_reward([output])[0],
        "length": length,
    }


def _write_rows(rows: list[dict[str, Any]], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    partial.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    os.replace(partial, target)


def _result(rows: list[dict[str, Any]], seed: int, sampling: Sampling) -> SampledResult:
    scores: dict[str, list[float]] = {}
    for row in rows:
        scores.setdefault(row["question_type"], []).append(row["score"])
    return SampledResult(
        overall=tally([row["score"] for row in rows]),
        by_type={kind: tally(values) for kind, values in scores.items()},
        format_share=sum(row["format"] for row in rows) / len(rows),
        mean_length=sum(row["length"] for row in rows) / len(rows),
        seed=seed,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_new_tokens=sampling.max_new_tokens,
    )
