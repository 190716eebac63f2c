"""Which tokens a counterfactual video makes more or less likely, in the place of the one that was drawn.

Letters: N tokens, D width, V vocabulary, K tokens named at each place.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from video_ktr.scoring.token_stats import CHUNK_ELEMENTS


@dataclass(frozen=True, eq=False)
class ChangedTokens:
    """The tokens whose probability changes most at each place, most changed first."""

    token_ids_NK: Tensor
    probabilities_NK: Tensor
    """Float32, under the true video."""
    other_probabilities_NK: Tensor
    """Float32, under the counterfactual."""


@torch.no_grad()
def most_changed_tokens(
    lm_head: Any, hidden_ND: Tensor, counterfactual_ND: Tensor, count: int, *, temperature: float = 1.0
) -> ChangedTokens:
    """The `count` tokens of the vocabulary with the largest |p - q| at each place.

    p and q are the softmax of the logits, divided by the temperature, of the two passes. No token is left out: the one
    that was drawn is mostly among them, and where nothing changes the tokens named are arbitrary, with p = q.

    A few places are looked at at once, so that N x V probabilities are never held.

    Args:
        lm_head: Output embedding, D -> V.
        hidden_ND: Final hidden states that predict each token under the true video.
        counterfactual_ND: The same under the counterfactual.
        count: K; at most V are named.
    """
    vocabulary = lm_head.weight.shape[0]
    # The logits and the probabilities of both passes, and their difference.
    step = max(1, CHUNK_ELEMENTS // (5 * vocabulary))
    parts = []
    for true_CD, other_CD in zip(hidden_ND.split(step), counterfactual_ND.split(step), strict=True):
        p_CV, q_CV = (torch.softmax(lm_head(x).float() / temperature, dim=-1) for x in (true_CD, other_CD))
        ids_CK = (p_CV - q_CV).abs().topk(min(count, vocabulary), dim=-1).indices
        parts.append((ids_CK, p_CV.gather(-1, ids_CK), q_CV.gather(-1, ids_CK)))
    return ChangedTokens(*(torch.cat(part) for part in zip(*parts, strict=True)))
