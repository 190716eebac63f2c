"""Draws that belong to a row: each row has random numbers of its own, whatever else is in the batch.

Letters: R rows, T new tokens, V vocabulary.

A row's token at step t is where its t-th uniform number falls in the cumulative distribution over the vocabulary. The
company a row keeps (other rows, padding) changes its logits in the last bits only. Those move the steps of the
cumulative distribution by about 1e-6 in float32, so a draw lands on another token about once in a million tokens; in
bfloat16 logits keep three digits, and a long completion can part ways at a close call.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from video_ktr.errors import ConfigError
from video_ktr.generation.engine import Sampling

OTHER_CUTS = ("typical_p", "epsilon_cutoff", "eta_cutoff", "top_h")
"""Settings of transformers' `generate` that change what is drawn from and have no field in `Sampling`."""


class SeededDraws(LogitsProcessor):
    """Decides the next token of every row; the last processor of a greedy `generate`, which then takes that token.

    Args:
        row_seeds: One integer per row, 0 or more; all its bits count.
        sampling: Temperature, top-k, top-p and min-p are applied in this order, as transformers does.

    Raises:
        ConfigError: `sampling.extra` asks for a cut of the distribution that would be left out here.
    """

    def __init__(self, row_seeds: Sequence[int], sampling: Sampling):
        for name in OTHER_CUTS:
            if name in sampling.extra:
                raise ConfigError(f"{name} is set in generation_kwargs, where seeded rows do not know it: leave it out")
        self._uniforms = uniforms(row_seeds, sampling.max_new_tokens)
        self._cuts = LogitsProcessorList(distribution_cuts(sampling))

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Scores (R, V) with 0 at each row's draw and minus infinity elsewhere."""
        probabilities_RV = self._cuts(input_ids, scores.float()).softmax(-1)
        drawn_R = inverse_cdf(probabilities_RV, next(self._uniforms).to(scores.device))
        return torch.full_like(scores, -torch.inf).scatter_(1, drawn_R[:, None], 0.0)


def require_one_seed_per_row(row_seeds: Sequence[int], prompt_of_row: Sequence[int]) -> None:
    """Raise ValueError unless every row has a seed that every engine takes."""
    if len(row_seeds) != len(prompt_of_row):
        raise ValueError(f"{len(row_seeds)} seeds for {len(prompt_of_row)} rows: give one each")
    for row, seed in enumerate(row_seeds):
        if not 0 <= seed < 2**63:
            raise ValueError(f"the seed of row {row} is {seed}: give an integer from 0 to 2^63 - 1")


def uniforms(row_seeds: Sequence[int], steps: int) -> Iterator[Tensor]:
    """For each step the rows' numbers in [0, 1), float64, shape (R,). A longer limit continues the same numbers.

    NumPy's Philox takes in every bit of a seed; torch's CPU generator drops all but the lowest 32.
    """
    table_RT = np.stack([np.random.Generator(np.random.Philox(seed)).random(steps) for seed in row_seeds])
    return iter(torch.from_numpy(table_RT).unbind(1))


def distribution_cuts(sampling: Sampling) -> list[LogitsProcessor]:
    """Temperature and the cuts that `sampling` asks for, as transformers' own classes."""
    cuts: list[LogitsProcessor] = [TemperatureLogitsWarper(sampling.temperature)]
    if sampling.top_k:
        cuts.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        cuts.append(TopPLogitsWarper(sampling.top_p))
    if sampling.min_p is not None:
        cuts.append(MinPLogitsWarper(sampling.min_p))
    return cuts


def inverse_cdf(probabilities_RV: Tensor, uniform_R: Tensor) -> Tensor:
    """Per row the token whose stretch of the cumulative distribution holds the uniform number, shape (R,).

    A token of probability 0 has no stretch and is never returned. Sums are float64: over a large vocabulary float32
    would move the steps by more than the logits' own error.

    Example:
        Probabilities 0.2, 0, 0.5, 0.3: numbers below 0.2 give token 0, those from 0.2 to 0.7 token 2, the rest token 3.
    """
    cumulative_RV = probabilities_RV.cumsum(-1, dtype=torch.float64)
    total_R = cumulative_RV[:, -1]
    # A number next to 1 times the total can round up to the total, which lies past the last stretch.
    target_R = torch.minimum(uniform_R * total_R, torch.nextafter(total_R, torch.zeros_like(total_R)))
    return torch.searchsorted(cumulative_RV, target_R[:, None], right=True).squeeze(-1)
