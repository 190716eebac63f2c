"""From token signals to the tokens that learn, and how much.

Letters: B rows (completions), T completion tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Generator, Tensor

from video_ktr.attribution.adaptive import adaptive_ratios, mass_shares, question_accuracies
from video_ktr.attribution.config import KeyTokenConfig
from video_ktr.attribution.control import control_mask
from video_ktr.attribution.ranks import highest_ranks
from video_ktr.attribution.selection import Ratio, count_ties, top_ratio_mask
from video_ktr.attribution.token_signals import ActiveSignal, SignalName, TokenSignals, active_signals
from video_ktr.attribution.weighting import SoftSignal, combined_soft_weights
from video_ktr.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class SignalStatistics:
    """What one signal selected, for the logs."""

    ratio: float
    """Selected tokens over all valid tokens of the batch."""
    asked_ratio: float
    """Mean ratio that rows or groups were asked for: the setting itself unless it adapts."""
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
    """Bool, the union, or the control that stands for it; every valid token when all signals are off. Soft weighting
    reports it, and does not use it."""
    weights_BT: Tensor
    """Float32: the mask as numbers, or the soft weights; 0 at padding."""
    update_ratio: float
    """Valid tokens of weight above 0 over all valid tokens; 0 when there are none. Binary: the union's share."""
    empty_rows: int
    """Rows with valid tokens of which none has a weight above 0: completions that teach nothing."""
    control_overlap: float = 1.0
    """Share of mask_BT that the signals selected: 1 without a control, 0 for "inverted", about the share of selected
    tokens for "random"; 0 when mask_BT is empty."""
    statistics: dict[SignalName, SignalStatistics] = field(default_factory=dict)
    """One entry for each signal that is on."""


@torch.no_grad()
def select_key_tokens(
    signals: TokenSignals,
    completion_mask_BT: Tensor,
    config: KeyTokenConfig,
    *,
    group_size: int | None = None,
    accuracy_B: Tensor | None = None,
    generators: Sequence[Generator] | None = None,
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
        group_size: completions per prompt, rows of a prompt being adjacent; used by group scope and by the adaptive
            ratio. None: all rows answer one prompt.
        accuracy_B: for the adaptive ratio, how right each completion is, 0..1; NaN where it could not be scored.
        generators: for control "random", one for each row.

    Returns:
        KeyTokens; tensors on the device of the mask, without gradient.

    Raises:
        ConfigError: rows that do not form whole groups, or no accuracies or generators where they are needed.
        ValueError: a signal that the config uses was not given although rows may have it, shapes differ, or a valid
            token has a non-finite score (names the signal, row and token).
    """
    valid_BT = completion_mask_BT.bool()
    active = active_signals(signals, valid_BT, config)
    num_valid = int(valid_BT.sum())
    masks: dict[SignalName, Tensor] = {}
    statistics: dict[SignalName, SignalStatistics] = {}
    ratios = _ratios(active, accuracy_B, config, group_size)
    select = partial(top_ratio_mask, scope=config.scope, group_size=group_size)
    count = partial(count_ties, scope=config.scope, group_size=group_size)
    for name, scores_BT, has_signal_BT, _ in active:
        masks[name] = select(scores_BT, has_signal_BT, ratios[name], name=name)
        statistics[name] = SignalStatistics(
            ratio=int(masks[name].sum()) / max(1, num_valid),
            asked_ratio=_mean(ratios[name]),
            ties=count(scores_BT, has_signal_BT, ratios[name], name=name),
            mean_score=_masked_mean(scores_BT, has_signal_BT),
            rows=int(has_signal_BT.any(1).sum()),
        )
    selected_BT = torch.stack(list(masks.values())).any(0) if masks else valid_BT.clone()
    mask_BT = _controlled(selected_BT, valid_BT, active, config, group_size=group_size, generators=generators)
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
        control_overlap=int((mask_BT & selected_BT).sum()) / max(1, int(mask_BT.sum())),
        statistics=statistics,
    )


def _controlled(
    selected_BT: Tensor,
    valid_BT: Tensor,
    active: list[ActiveSignal],
    config: KeyTokenConfig,
    *,
    group_size: int | None,
    generators: Sequence[Generator] | None,
) -> Tensor:
    if config.control == "none":
        return selected_BT
    pairs = [(signal.scores_BT, signal.has_signal_BT) for signal in active]
    ranks_BT = highest_ranks(pairs, scope=config.scope, group_size=group_size)
    return control_mask(config.control, selected_BT, valid_BT, ranks_BT=ranks_BT, generators=generators)


def _ratios(
    active: list[ActiveSignal],
    accuracy_B: Tensor | None,
    config: KeyTokenConfig,
    group_size: int | None,
) -> dict[SignalName, Ratio]:
    """What each signal is to select: its ratio, or one for each unit."""
    if config.ratio_rule == "fixed":
        return {signal.name: signal.ratio for signal in active}
    if accuracy_B is None:
        raise ConfigError("ratio_rule 'adaptive' needs the accuracy of each completion; set ratio_rule to 'fixed'")
    accuracy_Q = question_accuracies(accuracy_B, group_size=group_size)
    rows = len(accuracy_B) if group_size is None else group_size
    found: dict[SignalName, Ratio] = {}
    for name, scores_BT, has_signal_BT, ratio in active:
        share_Q = mass_shares(scores_BT, has_signal_BT, group_size=group_size, name=name)
        of_question = adaptive_ratios(
            ratio, accuracy_Q, share_Q, low=config.ratio_min, high=config.ratio_max, name=name
        )
        found[name] = of_question if config.scope == "group" else [r for r in of_question for _ in range(rows)]
    return found


def _soft(active: list[ActiveSignal], config: KeyTokenConfig, group_size: int | None) -> Tensor:
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


def _mean(ratio: Ratio) -> float:
    ratios = [ratio] if isinstance(ratio, int | float) else ratio
    return sum(ratios) / max(1, len(ratios))
