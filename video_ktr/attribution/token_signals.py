"""The scores of completion tokens, and which tokens each signal that is on may choose from.

Letters: B rows (completions), T completion tokens.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from video_ktr.attribution.config import KeyTokenConfig

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


class ActiveSignal(NamedTuple):
    """A signal that is on."""

    name: SignalName
    scores_BT: Tensor
    """Float32; zeros where none were measured because no row has the signal."""
    has_signal_BT: Tensor
    """True at the valid tokens of the rows that have the signal."""
    ratio: float


def active_signals(signals: TokenSignals, valid_BT: Tensor, config: KeyTokenConfig) -> list[ActiveSignal]:
    """The signals that are on, each with the valid tokens of the rows that have it.

    Raises:
        ValueError: A signal that is on was not given although rows may have it, or its rows have another shape.
    """
    given: list[tuple[SignalName, float | None, Tensor | None, Tensor | None]] = [
        ("visual", config.visual_ratio, signals.visual_BT, signals.visual_rows_B),
        ("temporal", config.temporal_ratio, signals.temporal_BT, signals.temporal_rows_B),
        ("entropy", config.entropy_ratio, signals.entropy_BT, None),
    ]
    active = []
    for name, ratio, scores_BT, rows_B in given:
        if ratio:
            has_signal_BT = _restrict(name, valid_BT, rows_B)
            active.append(ActiveSignal(name, _scores_or_zeros(name, scores_BT, has_signal_BT), has_signal_BT, ratio))
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
