"""From token signals to the tokens that learn, and how much.

Letters: B rows (completions), T completion tokens.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from video_ktr.attribution.config import KeyTokenConfig
from video_ktr.attribution.selection import count_ties, top_ratio_mask
from video_ktr.attribution.weighting import SoftSignal, combined_soft_weights

SignalName = Literal["visual", "temporal", "entropy"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenSignals:
    """The three scores of each completion token; larger means more of a key token. Padding may hold anything."""

    visual_BT: Tensor | None = None
    """Change of the prediction without the video; None when it was not measured."""
    temporal_BT: Tensor | None = None
    """Change of the prediction with the frames in another order; None when it was not measured."""
    entropy_BT: Tensor | None = None
    """Entropy of the prediction, nats; None when it was not measured."""
    visual_rows_B: Tensor | None = None
    """True at rows whose prompt shows a video or an image; None means every row."""
    temporal_rows_B: Tensor | None = None
    """True at rows whose prompt shows a video with frames to reorder; None means every row."""


@dataclass(frozen=True, kw_only=True)
class SignalStatistics:
    """What one signal selected, for the logs."""

    ratio: float
    """Selected tokens over all valid tokens of the batch."""
    ties: int
    """Tokens that a tie at the threshold decided about (`count_ties`)."""
    mean_score: float
    """Mean score over the valid tokens of rows that have the signal; 0 when there are none."""
    rows: int
    """Rows that have the signal and a valid token."""


@dataclass(frozen=True, kw_only=True, eq=False)
class KeyTokens:
    """The tokens each signal selected, their union, and the weight of each token in the loss."""

    visual_BT: Tensor | None
    """Bool; None when the signal is off, all False when it is on but no row has it."""
    temporal_BT: Tensor | None
    """As visual_BT."""
    entropy_BT: Tensor | None
    """As visual_BT."""
    mask_BT: Tensor
    """Bool, the union; every valid token when all signals are off. Soft weighting reports it, and does not use it."""
    weights_BT: Tensor
    """Float32: the mask as numbers, or the soft weights; 0 at padding."""
    update_ratio: float
    """Valid tokens of weight above 0 over all valid tokens; 0 when there are none. Binary: the union's share."""
    empty_rows: int
    """Rows with valid tokens of which none has a weight above 0: completions that teach nothing."""
    statistics: dict[SignalName, SignalStatistics] = field(default_factory=dict)
    """One entry for each signal that is on."""


class _ActiveSignal(NamedTuple):
    name: SignalName
    scores_BT: Tensor
    has_signal_BT: Tensor
    ratio: float


@torch.no_grad()
def select_key_tokens(
    signals: TokenSignals, completion_mask_BT: Tensor, config: KeyTokenConfig, *, group_size: int | None = None
) -> KeyTokens:
    """Select each signal's top tokens, join them, and weight every token (paper section 3.2, equation 2).

    A row without a signal (an image has no temporal one, a text-only prompt has entropy alone) selects nothing by it
    and, under group scope, stays out of that group's quantile. A row that has none of the signals in use gets weight 0.
    With every signal off all valid tokens weigh 1: plain GRPO, the row without signals of the paper's table 2.
    Signals that the config turns off are ignored.

    Args:
        signals: scores in any float type; compared in float32, never written to.
        completion_mask_BT: non-zero at valid completion tokens.
        config: the method's settings.
        group_size: completions per prompt, rows of a prompt being adjacent; used by group scope only. None:
            all rows answer one prompt.

    Returns:
        KeyTokens; tensors on the device of the mask, without gradient.

    Raises:
        ConfigError: rows that do not form whole groups.
        ValueError: a signal that the config uses was not given although rows may have it, shapes differ, or a valid
            token has a non-finite score (names the signal, row and token).
    """
    valid_BT = completion_mask_BT.bool()
    active = _active_signals(signals, valid_BT, config)
    num_valid = int(valid_BT.sum())
    masks: dict[SignalName, Tensor] = {}
    statistics: dict[SignalName, SignalStatistics] = {}
    for name, scores_BT, has_signal_BT, ratio in active:
        masks[name] = top_ratio_mask(
            scores_BT, has_signal_BT, ratio, scope=config.scope, group_size=group_size, name=name
        )
        ties = count_ties(scores_BT, has_signal_BT, ratio, scope=config.scope, group_size=group_size, name=name)
        statistics[name] = SignalStatistics(
            ratio=int(masks[name].sum()) / max(1, num_valid),
            ties=ties,
            mean_score=_masked_mean(scores_BT, has_signal_BT),
            rows=int(has_signal_BT.any(1).sum()),
        )
    mask_BT = torch.stack(list(masks.values())).any(0) if masks else valid_BT.clone()
    weights_BT = _soft(active, config, group_size) if config.is_soft else mask_BT.float()
    updated_BT = weights_BT > 0
    return KeyTokens(
        visual_BT=masks.get("visual"),
        temporal_BT=masks.get("temporal"),
        entropy_BT=masks.get("entropy"),
        mask_BT=mask_BT,
        weights_BT=weights_BT,
        update_ratio=int(updated_BT.sum()) / max(1, num_valid),
        empty_rows=int((valid_BT.any(1) & ~updated_BT.any(1)).sum()),
        statistics=statistics,
    )


def _active_signals(signals: TokenSignals, valid_BT: Tensor, config: KeyTokenConfig) -> list[_ActiveSignal]:
    """The signals that are on, each with the valid tokens of the rows that have it."""
    given: list[tuple[SignalName, float | None, Tensor | None, Tensor | None]] = [
        ("visual", config.visual_ratio, signals.visual_BT, signals.visual_rows_B),
        ("temporal", config.temporal_ratio, signals.temporal_BT, signals.temporal_rows_B),
        ("entropy", config.entropy_ratio, signals.entropy_BT, None),
    ]
    active = []
    for name, ratio, scores_BT, rows_B in given:
        if ratio:
            has_signal_BT = _restrict(name, valid_BT, rows_B)
            active.append(_ActiveSignal(name, _scores_or_zeros(name, scores_BT, has_signal_BT), has_signal_BT, ratio))
    return active


def _restrict(name: SignalName, valid_BT: Tensor, rows_B: Tensor | None) -> Tensor:
    if rows_B is None:
        return valid_BT
    if rows_B.shape != valid_BT.shape[:1]:
        raise ValueError(f"{name} rows must have shape ({valid_BT.shape[0]},), got {tuple(rows_B.shape)}")
    return valid_BT & rows_B.to(valid_BT.device).bool()[:, None]


def _scores_or_zeros(name: SignalName, scores_BT: Tensor | None, has_signal_BT: Tensor) -> Tensor:
    """Scores in float32; zeros, which nothing selects, where no token has the signal and none was measured."""
    if scores_BT is not None:
        return scores_BT.float()
    if bool(has_signal_BT.any()):
        raise ValueError(
            f"the {name} signal is on but its scores were not given; measure them, or mark no row as having the signal"
        )
    return torch.zeros_like(has_signal_BT, dtype=torch.float32)


def _soft(active: list[_ActiveSignal], config: KeyTokenConfig, group_size: int | None) -> Tensor:
    return combined_soft_weights(
        [SoftSignal(scores_BT, has_signal_BT, ratio, name) for name, scores_BT, has_signal_BT, ratio in active],
        scheme=config.weighting,  # type: ignore[arg-type]
        combine=config.combine,
        scope=config.scope,
        group_size=group_size,
    )


def _masked_mean(scores_BT: Tensor, valid_BT: Tensor) -> float:
    total = scores_BT.masked_fill(~valid_BT, 0.0).sum()
    return float(total / valid_BT.sum().clamp(min=1))
