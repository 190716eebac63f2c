"""Exact selection of the top share of tokens, per sequence or per group.

Letters: B rows (completions), T completion tokens, U units that are ranked together, L tokens of a unit.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from video_ktr.attribution.checks import (
    require_finite,
    require_ratio,
    require_same_shape,
)
from video_ktr.attribution.scope import SelectionScope, rows_to_units

Ratio = float | Sequence[float]
"""A share of tokens, for all units or for each."""


class _Ranking(NamedTuple):
    scores_UL: Tensor
    valid_UL: Tensor
    order_UL: Tensor
    counts_U: Tensor
    threshold_U1: Tensor


def top_ratio_mask(
    scores_BT: Tensor,
    completion_mask_BT: Tensor,
    ratio: Ratio,
    *,
    scope: SelectionScope = "sequence",
    group_size: int | None = None,
    name: str = "token",
) -> Tensor:
    """Mark the tokens with the highest scores (paper section 3.2: the top r % of each signal).

    "sequence" (the paper as we read it): exactly max(1, ceil(ratio * n)) of the n valid tokens of each row; equal
    scores go to the earlier token. "group" (the released code): every valid token of the `group_size` completions
    of a prompt whose score is at least the (1 - ratio) quantile, with linear interpolation, of all their valid
    scores; equal scores at the threshold are all selected, so a group can exceed its share and a row can get none.
    We differ from the released code in that ratio 0 selects nothing, that counts are exact in decimal arithmetic,
    and that the scores are left as they were.

    Args:
        scores_BT: one signal; any float type, compared in float32. Padding may hold anything, NaN included.
        completion_mask_BT: non-zero at valid completion tokens. Padding is never selected.
        ratio: share of valid tokens; 0 selects nothing, 1 every valid token. A sequence has one for each row
            ("sequence") or group ("group").
        scope: what the tokens compete within.
        group_size: completions per prompt, rows of a prompt being adjacent; used by "group" only. None: all
            rows answer one prompt.
        name: the signal's name in error messages.

    Returns:
        (B, T) bool. Rows without a valid token select nothing.

    Raises:
        ConfigError: ratio outside 0..1, unknown scope, or rows that do not form whole groups.
        ValueError: shapes differ, or a valid token has a non-finite score (names the signal, row and token).
    """
    ranking = _rank(scores_BT, completion_mask_BT, ratio, scope=scope, group_size=group_size, name=name)
    if scope == "group":
        selected_UL = ranking.valid_UL & (ranking.scores_UL >= ranking.threshold_U1) & (ranking.counts_U[:, None] > 0)
    else:
        places_L = torch.arange(ranking.scores_UL.shape[1], device=scores_BT.device)
        chosen_UL = places_L < ranking.counts_U[:, None]
        selected_UL = torch.zeros_like(ranking.valid_UL).scatter(1, ranking.order_UL, chosen_UL)
    return selected_UL.reshape(scores_BT.shape)


def count_ties(
    scores_BT: Tensor,
    completion_mask_BT: Tensor,
    ratio: Ratio,
    *,
    scope: SelectionScope = "sequence",
    group_size: int | None = None,
    name: str = "token",
) -> int:
    """Number of tokens that a tie at the threshold decided about, summed over rows or groups.

    Counted alike in both scopes: valid tokens whose score reaches the lowest selected score, beyond the exact number
    k that the ratio asks for. "sequence" left these tokens out (their position decided), with k = max(1, ceil(ratio
    n)); "group" took them in, with k = n - ceil((1 - ratio)(n - 1)), what the quantile selects when all scores
    differ. Ratio 0 and distinct scores give 0. Arguments and errors as `top_ratio_mask`.
    """
    ranking = _rank(scores_BT, completion_mask_BT, ratio, scope=scope, group_size=group_size, name=name)
    reached_UL = ranking.valid_UL & (ranking.scores_UL >= ranking.threshold_U1)
    surplus_U = reached_UL.sum(1) - ranking.counts_U
    return int(surplus_U[ranking.counts_U > 0].sum())


def _rank(
    scores_BT: Tensor,
    completion_mask_BT: Tensor,
    ratio: Ratio,
    *,
    scope: SelectionScope,
    group_size: int | None,
    name: str,
) -> _Ranking:
    """Sort each unit, highest first, and find how many tokens it may select and the lowest score among them."""
    for share in [ratio] if isinstance(ratio, int | float) else ratio:
        require_ratio(f"{name} ratio", share)
    require_same_shape(scores_BT, completion_mask_BT, "scores and completion mask")
    valid_BT = completion_mask_BT.bool()
    scores_BT = scores_BT.detach().float()
    require_finite(scores_BT, valid_BT, name)
    valid_UL = rows_to_units(valid_BT, scope, group_size)
    scores_UL = rows_to_units(scores_BT.masked_fill(~valid_BT, -torch.inf), scope, group_size)
    ratios = [ratio] * len(valid_UL) if isinstance(ratio, int | float) else list(ratio)
    counts = [_count(n, share, scope) for n, share in zip(valid_UL.sum(1).tolist(), ratios, strict=True)]
    counts_U = torch.tensor(counts, dtype=torch.long, device=scores_BT.device)
    # Stable, so that equal scores stay in the order of their positions.
    sorted_UL, order_UL = scores_UL.sort(dim=1, descending=True, stable=True)
    if scores_UL.shape[1] == 0:
        threshold_U1 = scores_UL.new_empty(len(counts), 1)
    else:
        threshold_U1 = sorted_UL.gather(1, (counts_U - 1).clamp(min=0)[:, None])
    return _Ranking(scores_UL, valid_UL, order_UL, counts_U, threshold_U1)


def _count(length: int, ratio: float, scope: SelectionScope) -> int:
    """How many of `length` tokens the ratio selects when no two scores are equal.

    The ratio is read as the decimal it prints as: 0.1 * 30 is 3, where binary floats would round up to 4.
    """
    share = Fraction(repr(float(ratio)))
    if length == 0 or share == 0:
        return 0
    if scope == "sequence":
        return max(1, math.ceil(share * length))
    # The interpolated quantile lies above sorted[floor(x)] and not above sorted[ceil(x)], with x = (1 - r)(n - 1) in
    # ascending order, so "score >= quantile" is "score >= sorted[ceil(x)]": no interpolation, hence no rounding.
    return length - math.ceil((1 - share) * (length - 1))
