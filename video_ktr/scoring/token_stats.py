"""Log-probabilities, entropies and distribution distances from hidden states, a few positions at a time.

Letters: N tokens, D width, V vocabulary.

Logits of all positions would take N * V numbers (several GB for one group of a 7B model); here a tile of them lives at
once.
"""

from typing import Any

import torch
from torch import Tensor
from trl.kernels import ChunkedLogProbFunction

from video_ktr.attribution import distribution_distance
from video_ktr.attribution.signals import Distance, DistanceSpace

VOCABULARY_TILE = 32768
"""Columns of the LM head multiplied at once, as in TRL's loss."""
CHUNK_ELEMENTS = 1 << 25
"""Logits held at once for a distance: 128 MiB in float32."""


@torch.no_grad()
def token_stats(
    lm_head: Any, hidden_ND: Tensor, targets_N: Tensor, *, temperature: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Log-probability of each target and entropy of each next-token distribution, in nats.

    Equal to `log_softmax(lm_head(hidden) / temperature)` gathered at the targets and `-(p log p).sum()`, by the kernel
    that TRL's loss uses, so that in half precision too a score and the loss differ in nothing but the prompt. No
    gradient.

    Args:
        lm_head: Output embedding, D -> V.
        hidden_ND: Final hidden state that predicts each target.
        targets_N: Token ids.
        temperature: What the logits are divided by.

    Returns:
        Two float32 tensors (N).
    """
    log_probs_N, entropies_N, *_ = ChunkedLogProbFunction.apply(
        hidden_ND, lm_head.weight, lm_head.bias, targets_N, temperature, VOCABULARY_TILE, None, 1.0, ("entropy",)
    )
    return log_probs_N, entropies_N


@torch.no_grad()
def token_distances(
    lm_head: Any,
    hidden_ND: Tensor,
    counterfactual_ND: Tensor,
    *,
    distance: Distance,
    space: DistanceSpace = "prob",
    temperature: float = 1.0,
) -> Tensor:
    """Distance between the next-token distributions of two passes (the distances of Figure 8), per token.

    Args:
        hidden_ND: Final hidden states under the true video.
        counterfactual_ND: The same under the perturbed one.
        distance: A name that `distribution_distance` knows.

    Returns:
        Float32 (N).
    """

    def logits(part_ND: Tensor) -> Tensor:
        scaled_NV: Tensor = lm_head(part_ND).float() / temperature
        return scaled_NV

    step = max(1, CHUNK_ELEMENTS // (2 * lm_head.weight.shape[0]))
    parts = zip(hidden_ND.split(step), counterfactual_ND.split(step), strict=True)
    return torch.cat(
        [distribution_distance(logits(true), logits(other), distance=distance, space=space) for true, other in parts]
    )
