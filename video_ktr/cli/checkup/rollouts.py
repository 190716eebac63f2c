"""What the model answers before it is trained: form, length, and whether groups differ at all."""

from collections.abc import Sequence
from typing import Any

import torch

from video_ktr.cli.checkup.finding import Finding, judged
from video_ktr.cli.checkup.prompts import EncodedSample
from video_ktr.generation import RolloutEngine, Sampling
from video_ktr.rewards import accuracy_reward, format_reward

_LOW_FORMAT, _HIGH_TRUNCATION, _HIGH_EQUAL = 0.5, 0.2, 0.7
"""Shares beyond which a run learns slowly: too few answers in their tags, too many cut short, too many groups of equal
rewards, which have no gradient."""


def check_rollouts(
    engine: RolloutEngine,
    tokenizer: Any,
    encoded: Sequence[EncodedSample],
    sampling: Sampling,
    *,
    group: int,
    seed: int,
) -> list[Finding]:
    """Sample a group for each prompt and look at format, truncation, and groups whose rewards are all equal."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rows = [i for i in range(len(encoded)) for _ in range(group)]
        token_ids = engine.generate([item.prompt for item in encoded], rows, sampling).token_ids
    texts = [tokenizer.decode(ids, skip_special_tokens=True) for ids in token_ids]
    samples = [encoded[i].sample for i in rows]
    formats = [value or 0.0 for value in format_reward(texts)]
    accuracies = accuracy_reward(texts, [s.solution for s in samples], [s.problem_type for s in samples])
    rewards = [(form, accuracy) for form, accuracy in zip(formats, accuracies, strict=True)]
    equal = [len(set(rewards[first : first + group])) == 1 for first in range(0, len(rewards), group)]
    cut = [not set(sampling.end_token_ids) & set(ids) for ids in token_ids]
    form, truncated, alike = sum(formats) / len(formats), sum(cut) / len(cut), sum(equal) / len(equal)
    drawn = f"of {len(encoded)} questions with {group} completions each"
    return [
        judged("format", f"{form:.0%} think and answer in their tags, {drawn}", warning=form < _LOW_FORMAT),
        judged("truncation", f"{truncated:.0%} reach max_completion_length", warning=truncated > _HIGH_TRUNCATION),
        judged("groups", f"{alike:.0%} have equal rewards: no gradient comes from them", warning=alike > _HIGH_EQUAL),
    ]
