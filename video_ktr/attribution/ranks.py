"""Where a token stands among those it competes with.

Letters: B rows (completions), T completion tokens, U units that are ranked together, L tokens of a unit.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from video_ktr.attribution.scope import SelectionScope, rows_to_units


def rank_percentiles(scores_UL: Tensor, valid_UL: Tensor) -> Tensor:
    """Mean rank of equal scores, 0 for the lowest to 1 for the highest valid token; 1 for a lone token."""
    # +inf sorts the padding behind every valid score, so ranks count valid tokens only.
    scores_UL = scores_UL.masked_fill(~valid_UL, torch.inf).contiguous()
    sorted_UL = scores_UL.sort(dim=1).values
    below_UL = torch.searchsorted(sorted_UL, scores_UL, right=False)
    up_to_UL = torch.searchsorted(sorted_UL, scores_UL, right=True)
    rank_UL = (below_UL + up_to_UL - 1).float() / 2
    last_U1 = valid_UL.sum(1, keepdim=True) - 1
    return torch.where(last_U1 > 0, rank_UL / last_U1.clamp(min=1), torch.ones_like(rank_UL))


def z_scores(scores_UL: Tensor, valid_UL: Tensor) -> Tensor:
    """Scores less their mean, in population standard deviations of the unit's valid tokens."""
    count_U1 = valid_UL.sum(1, keepdim=True).clamp(min=1)
    mean_U1 = scores_UL.masked_fill(~valid_UL, 0.0).sum(1, keepdim=True) / count_U1
    centred_UL = (scores_UL - mean_U1).masked_fill(~valid_UL, 0.0)
    deviation_U1 = (centred_UL.square().sum(1, keepdim=True) / count_U1).sqrt()
    return torch.where(deviation_U1 > 0, centred_UL / deviation_U1, torch.zeros_like(centred_UL))


def highest_ranks(
    signals: Sequence[tuple[Tensor, Tensor]], *, scope: SelectionScope = "sequence", group_size: int | None = None
) -> Tensor:
    """The greatest rank percentile that any signal gives a token: the union's order, from least to most scored.

    Args:
        signals: at least one; scores (B, T) and the tokens (B, T) bool that have the signal.
        scope: what the tokens are ranked within.
        group_size: completions per prompt, used by "group" only.

    Returns:
        (B, T) float32, 0..1; -inf where no signal ranks the token.
    """
    ranks = []
    for scores_BT, has_signal_BT in signals:
        has_UL = rows_to_units(has_signal_BT, scope, group_size)
        rank_UL = rank_percentiles(rows_to_units(scores_BT.detach().float(), scope, group_size), has_UL)
        ranks.append(rank_UL.masked_fill(~has_UL, -torch.inf))
    return torch.stack(ranks).amax(0).reshape(signals[0][0].shape)
