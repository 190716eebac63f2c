"""Other questions' videos, for the counterfactual "another video" (paper, Figure 10)."""

from collections.abc import Sequence
from typing import Any

import torch
from datasets import IterableDataset
from torch import Generator

from video_ktr.attribution import KeyTokenConfig
from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.errors import ConfigError
from video_ktr.scoring.counterfactual import same_kind
from video_ktr.training.prompt_rows import conversation

ATTEMPTS = 16
"""Rows of the dataset tried for a prompt of the same kind before a prompt goes without a visual signal."""


def require_index(config: KeyTokenConfig, dataset: Any) -> None:
    """Raise ConfigError when other rows are wanted of a dataset that cannot be asked for them."""
    if config.visual_perturbation == "replace" and isinstance(dataset, IterableDataset):
        raise ConfigError(
            'visual_perturbation="replace" takes other rows of the dataset: an iterable dataset has no index'
        )


def find_donors(
    prompts: Sequence[EncodedPrompt], dataset: Any, encoder: PromptEncoder, generators: Sequence[Generator]
) -> list[EncodedPrompt | None]:
    """For each prompt, that of a random dataset row with other media of the same kind; None where none is found.

    Args:
        dataset: Rows with messages under "prompt", and an index.
        generators: One per prompt.
    """
    donors: list[EncodedPrompt | None] = []
    for prompt, generator in zip(prompts, generators, strict=True):
        indices = torch.randint(len(dataset), (ATTEMPTS,), generator=generator).tolist()
        candidates = (encoder.encode(conversation(dataset[index])) for index in indices if prompt.has_visuals)
        donors.append(next((candidate for candidate in candidates if same_kind(prompt, candidate)), None))
    return donors
