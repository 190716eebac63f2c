"""Soft token weights: every valid token learns, in proportion to its rank or score.

Letters: B rows (completions), T completion tokens, U units that are ranked together, L tokens of a unit, K signals.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from video_ktr.attribution.checks import (
    require_choice,
    require_finite,
    require_ratio,
    require_same_shape,
)
from video_ktr.attribution.ranks import rank_percentiles, z_scores
from video_ktr.attribution.scope import SelectionScope, rows_to_units

SoftScheme = Literal["softmax", "sigmoid", "linear", "exponential", "rank_sigmoid"]
Combination = Literal["max", "mean"]

SIGMOID_STEEPNESS = 10.0
EXPONENTIAL_RATE = 5.0
RANK_SIGMOID_STEEPNESS = 20.0
RANK_SIGMOID_SPAN = 1.5


class SoftSignal(NamedTuple):
    """One signal as the weighting sees it."""

    scores_BT: Tensor
    """Scores; padding may hold anything."""
    valid_BT: Tensor
    """Non-zero at valid tokens of rows that have this signal."""
    ratio: float
    """Share of tokens above the midpoint of "sigmoid"; the other schemes do not use it."""
    name: str
    """The signal's name in error messages."""


def soft_weights(
    scores_BT: Tensor,
    completion_mask_BT: Tensor,
    *,
    scheme: SoftScheme,
    ratio: float = 0.2,
    scope: SelectionScope = "sequence",
    group_size: int | None = None,
) -> Tensor:
    """Weights of one signal (paper figure 7; it names the schemes, the formulas are ours).

    With u in 0..1 the rank percentile within the unit (1 = highest; equal scores share their mean rank; a lone token
    has u = 1) and z the score standardised within the unit (0 when all scores are equal):
    softmax exp(z); sigmoid 1 / (1 + exp(-10 (u - (1 - ratio)))); linear u; exponential (exp(5u) - 1) / (exp(5) - 1);
    rank_sigmoid 1 + 1.5 (sigmoid(20 (u - 0.5)) - 0.5), from the authors' history. The unit is a row ("sequence") or
    all rows of a prompt ("group"), and the weights are rescaled to mean 1 over the valid tokens of each unit, so that
    the step size stays that of plain GRPO.

    Args:
        scores_BT: one signal; any float type, compared in float32.
        completion_mask_BT: non-zero at valid completion tokens.
        scheme: the formula.
        ratio: midpoint of "sigmoid", no effect elsewhere.
        scope: what the tokens are ranked within.
        group_size: completions per prompt, rows of a prompt being adjacent; used by "group" only. None: all
            rows answer one prompt.

    Returns:
        (B, T) float32, detached, >= 0, 0 at padding. All-equal scores give 1 everywhere; an empty row gives 0.

    Raises:
        ConfigError: unknown scheme or scope, ratio outside 0..1, rows that do not form whole groups.
        ValueError: shapes differ, or a valid token has a non-finite score.
    """
    signal = SoftSignal(scores_BT, completion_mask_BT, ratio, "token")
    return combined_soft_weights([signal], scheme=scheme, scope=scope, group_size=group_size)


def combined_soft_weights(
    signals: Sequence[SoftSignal],
    *,
    scheme: SoftScheme,
    combine: Combination = "max",
    scope: SelectionScope = "sequence",
    group_size: int | None = None,
) -> Tensor:
    """Weights of several signals: their percentiles (z-scores for "softmax") combined, then the scheme applied.

    `combine` takes the highest value (a soft union) or the mean over the signals that the token's row has. "sigmoid"
    measures each signal's percentile from its own 1 - ratio. A token whose row has none of the signals weighs 0 and
    does not count in the rescaling: the mean is 1 over the tokens of the unit that have a signal. With one signal
    this is `soft_weights`, whose return value and errors it shares; no signal at all is a ValueError.
    """
    require_choice("weighting scheme", scheme, SoftScheme)
    require_choice("combine", combine, Combination)
    if not signals:
        raise ValueError("soft weights need at least one signal")
    if signals[0].scores_BT.numel() == 0:
        return signals[0].scores_BT.new_zeros(signals[0].scores_BT.shape, dtype=torch.float32)
    values, valids = [], []
    for signal in signals:
        valid_UL, value_UL = _coordinates(signal, scheme, scope, group_size)
        valids.append(valid_UL)
        values.append(value_UL)
    valid_KUL, value_KUL = torch.stack(valids), torch.stack(values)
    if combine == "max":
        value_UL = value_KUL.masked_fill(~valid_KUL, -torch.inf).amax(0)
    else:
        value_UL = value_KUL.masked_fill(~valid_KUL, 0.0).sum(0) / valid_KUL.sum(0).clamp(min=1)
    any_UL = valid_KUL.any(0)
    weights_UL = _SCHEMES[scheme](value_UL.masked_fill(~any_UL, 0.0), any_UL).masked_fill(~any_UL, 0.0)
    total_U1 = weights_UL.sum(1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
    weights_UL = weights_UL * (any_UL.sum(1, keepdim=True) / total_U1)
    return weights_UL.reshape(signals[0].scores_BT.shape)


def _coordinates(
    signal: SoftSignal, scheme: SoftScheme, scope: SelectionScope, group_size: int | None
) -> tuple[Tensor, Tensor]:
    """Validity and position of each token on the axis that the scheme reads."""
    require_ratio(f"{signal.name} ratio", signal.ratio)
    require_same_shape(signal.scores_BT, signal.valid_BT, "scores and completion mask")
    valid_BT = signal.valid_BT.bool()
    scores_BT = signal.scores_BT.detach().float()
    require_finite(scores_BT, valid_BT, signal.name)
    valid_UL = rows_to_units(valid_BT, scope, group_size)
    scores_UL = rows_to_units(scores_BT, scope, group_size)
    if scheme == "softmax":
        return valid_UL, z_scores(scores_UL, valid_UL)
    percentile_UL = rank_percentiles(scores_UL, valid_UL)
    return valid_UL, percentile_UL - (1 - signal.ratio) if scheme == "sigmoid" else percentile_UL


def _softmax(value_UL: Tensor, valid_UL: Tensor) -> Tensor:
    peak_U1 = value_UL.masked_fill(~valid_UL, -torch.inf).amax(1, keepdim=True).nan_to_num(neginf=0.0)
    return (value_UL - peak_U1).exp()


def _sigmoid(value_UL: Tensor, _: Tensor) -> Tensor:
    return torch.sigmoid(SIGMOID_STEEPNESS * value_UL)


def _linear(value_UL: Tensor, _: Tensor) -> Tensor:
    return value_UL


def _exponential(value_UL: Tensor, _: Tensor) -> Tensor:
    return torch.expm1(EXPONENTIAL_RATE * value_UL)


def _rank_sigmoid(value_UL: Tensor, _: Tensor) -> Tensor:
    return 1 + RANK_SIGMOID_SPAN * (torch.sigmoid(RANK_SIGMOID_STEEPNESS * (value_UL - 0.5)) - 0.5)


_SCHEMES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "softmax": _softmax,
    "sigmoid": _sigmoid,
    "linear": _linear,
    "exponential": _exponential,
    "rank_sigmoid": _rank_sigmoid,
}
