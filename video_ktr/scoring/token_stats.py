"""Log-probabilities, entropies and distribution distances from hidden states, a few positions at a time.

Letters: B rows, T completion tokens, N valid tokens of all rows, D width, V vocabulary.

Logits of all positions would take B * T * V numbers (several GB for one group of a 7B model); here at most
`CHUNK_ELEMENTS` of them live at once.
"""

from typing import Any

import torch
from torch import Tensor

from video_ktr.attribution import distribution_distance
from video_ktr.attribution.signals import Distance, DistanceSpace

CHUNK_ELEMENTS = 1 << 25
"""Logits held at once: 128 MiB in float32."""


def _chunks(total: int, vocabulary: int) -> list[slice]:
    step = max(1, CHUNK_ELEMENTS // vocabulary)
    return [slice(start, start + step) for start in range(0, total, step)]


def _logits(lm_head: Any, hidden_ND: Tensor, temperature: float) -> Tensor:
    logits_NV: Tensor = lm_head(hidden_ND).float()
    return logits_NV if temperature == 1.0 else logits_NV / temperature


def token_stats(
    lm_head: Any, hidden_BTD: Tensor, targets_BT: Tensor, mask_BT: Tensor, *, temperature: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Log-probability of each target and entropy of each next-token distribution, in nats.

    Equal to `log_softmax(lm_head(hidden) / temperature)` gathered at the targets and `-(p log p).sum()`, without
    holding the logits. No gradient.

    Args:
        lm_head: Output embedding, D -> V.
        hidden_BTD: Final hidden state that predicts each target.
        targets_BT: Token ids.
        mask_BT: True or 1 where the target is a token of the completion.
        temperature: What the logits are divided by.

    Returns:
        Two float32 tensors (B, T), 0 where the mask is 0.
    """
    mask_BT = mask_BT.bool()
    hidden_ND, targets_N = hidden_BTD[mask_BT], targets_BT[mask_BT]
    log_probs_N = torch.zeros(len(targets_N), device=hidden_BTD.device)
    entropies_N = torch.zeros_like(log_probs_N)
    with torch.no_grad():
        for part in _chunks(len(targets_N), lm_head.weight.shape[0]):
            log_probs_NV = _logits(lm_head, hidden_ND[part], temperature).log_softmax(-1)
            log_probs_N[part] = log_probs_NV.gather(-1, targets_N[part, None]).squeeze(-1)
            entropies_N[part] = torch.special.entr(log_probs_NV.exp()).sum(-1)
    empty_BT = torch.zeros(mask_BT.shape, device=hidden_BTD.device)
    return empty_BT.masked_scatter(mask_BT, log_probs_N), empty_BT.masked_scatter(mask_BT, entropies_N)


def token_distances(
    lm_head: Any,
    hidden_BTD: Tensor,
    counterfactual_BTD: Tensor,
    mask_BT: Tensor,
    *,
    distance: Distance,
    space: DistanceSpace = "prob",
    temperature: float = 1.0,
) -> Tensor:
    """Distance between the next-token distributions of two passes (the distances of Figure 8), per token.

    Args:
        hidden_BTD: Final hidden states under the true video.
        counterfactual_BTD: The same under the perturbed one.
        distance: A name that `distribution_distance` knows.

    Returns:
        Float32 (B, T), 0 where the mask is 0.
    """
    mask_BT = mask_BT.bool()
    true_ND, other_ND = hidden_BTD[mask_BT], counterfactual_BTD[mask_BT]
    result_N = torch.zeros(len(true_ND), device=hidden_BTD.device)
    with torch.no_grad():
        for part in _chunks(len(true_ND), 2 * lm_head.weight.shape[0]):
            result_N[part] = distribution_distance(
                _logits(lm_head, true_ND[part], temperature),
                _logits(lm_head, other_ND[part], temperature),
                distance=distance,
                space=space,
            )
    return torch.zeros(mask_BT.shape, device=hidden_BTD.device).masked_scatter(mask_BT, result_N)
