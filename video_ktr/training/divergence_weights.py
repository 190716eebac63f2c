"""Token weights of TW-GRPO: a position counts more, the more the rollouts of a group disagree there.

Letters: G completions of a group, T positions, C positions of one tile, V vocabulary, K valid tokens, D width.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

LIMIT = 11.0
"""Largest |log-ratio| of a vocabulary entry, in nats, as released."""
TILE_ELEMENTS = 1 << 25
"""Values of a tile (G, C, V): 128 MiB in float32, and a few tiles live at once."""


def divergence(values_GCV: Tensor, mask_GC: Tensor) -> Tensor:
    """How far the rollouts of a group are from their mean at each position, D (C) of TW-GRPO (arXiv 2505.24718).

    With lp the log-probabilities of the whole vocabulary, -log V everywhere in place of a rollout that has ended, and
    m their mean over the group (of logarithms, not normalised):
    D_t = mean over i of sum over v of exp(e) - e - 1 with e = clamp(m - lp_i, -11, 11). Summed over the vocabulary
    without probabilities as weights, as released.

    The filler has a known fault, kept for parity: where one rollout has ended and another has not, D is large whatever
    they say.

    Args:
        values_GCV: lp, or logits for the authors' port to Video-KTR.
        mask_GC: True or 1 at valid tokens.
    """
    filler = -math.log(values_GCV.shape[-1])
    values_GCV = torch.where(mask_GC.bool()[..., None], values_GCV, filler)
    ratio_GCV = (values_GCV.mean(0) - values_GCV).clamp(-LIMIT, LIMIT)
    # expm1: with exp(e) - 1 rounding alone would add up to a visible sum over the vocabulary.
    return (ratio_GCV.expm1() - ratio_GCV).sum(-1).mean(0)


def min_max_weights(divergence_T: Tensor, alpha: float) -> Tensor:
    """Weights from 1 at the least divergence to `alpha` at the greatest; all 1 where there is no difference."""
    least, greatest = divergence_T.min(), divergence_T.max()
    return 1 + (alpha - 1) * (divergence_T - least) / (greatest - least + 1e-8)


def divergence_weights(
    hidden_KD: Tensor,
    mask_GT: Tensor,
    values_of: Callable[[Tensor], Tensor],
    *,
    alpha: float,
    tile_elements: int = TILE_ELEMENTS,
) -> Tensor:
    """Weights (T) of a group's positions, the same for all its completions; 1 past the longest completion.

    A tile of positions is turned into log-probabilities at a time, so that (G, T, V) never exists; with gradients on, a
    tile is computed again in the backward pass.

    Args:
        hidden_KD: Hidden states that predict the valid tokens, in the order of `mask_GT`'s true entries.
        mask_GT: True or 1 at valid tokens.
        values_of: From (n, D) to float32 (n, V): log-probabilities, or logits.
        alpha: Greatest weight.
    """
    mask_GT = mask_GT.bool()
    weights_T = torch.ones(mask_GT.shape[1], device=mask_GT.device)
    longest = int(mask_GT.any(0).sum())
    if not longest:
        return weights_T
    place_GT = (mask_GT.flatten().cumsum(0) - 1).view(mask_GT.shape)

    def tile_divergence(hidden_ND: Tensor, mask_GC: Tensor) -> Tensor:
        values_NV = values_of(hidden_ND)
        values_GCV = values_NV.new_zeros((*mask_GC.shape, values_NV.shape[1]))
        return divergence(values_GCV.index_put((mask_GC,), values_NV), mask_GC)

    vocabulary = values_of(hidden_KD[:1].detach()).shape[1]
    step = max(1, tile_elements // (len(mask_GT) * vocabulary))
    tiles = [slice(start, min(start + step, longest)) for start in range(0, longest, step)]
    parts = []
    for tile in tiles:
        mask_GC = mask_GT[:, tile]
        hidden_ND = hidden_KD[place_GT[:, tile][mask_GC]]
        if torch.is_grad_enabled():
            parts.append(checkpoint(tile_divergence, hidden_ND, mask_GC, use_reentrant=False))
        else:
            parts.append(tile_divergence(hidden_ND, mask_GC))
    weights = min_max_weights(torch.cat(parts), alpha)
    return torch.cat([weights, weights_T[longest:]])
