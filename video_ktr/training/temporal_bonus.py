"""The reward of T-GRPO: a bonus where the true order of frames helps.

Letters: N completions of all processes, U groups, G completions of a group.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from video_ktr.errors import ConfigError

ROUNDING = 1e-6
"""Accuracies closer than this are equal: 0.8 times 0.75 is not 0.6 in binary."""
RIGHT_ABOVE = 0.1
"""Accuracy above which a completion gets the bonus, as released: partial credit counts too."""


def temporal_bonus(
    accuracies_N: Tensor, shuffled_N: Tensor, group_size: int, *, mu: float, alpha: float
) -> tuple[Tensor, Tensor]:
    """What each completion's accuracy gains, and how each group's comparison ended (Video-R1, arXiv 2503.21776).

    With p the mean accuracy of a group and p~ that of its completions drawn from shuffled frames: where p >= mu * p~,
    each completion of accuracy above 0.1 gains alpha. A group that answers nothing right in either order passes the
    comparison, and nobody in it gains.

    Args:
        accuracies_N: Group by group; NaN where accuracy cannot be scored, and then left out of p.
        shuffled_N: Accuracies of the shuffled group in places of its group, in any of them; NaN in the others. A group
            without any (images, text, videos of one frame) gains nothing.
        group_size: G.
        mu: How much of p~ is enough.
        alpha: The bonus.

    Returns:
        The bonus (N); and for each group (U) 1 where p >= mu * p~, 0 where not, 0.5 where nothing was compared.

    Example:
        Accuracies 1, 0.15, 0.05, 0 against 1 and 0: p = 0.3 < 0.8 * 0.5, so nobody gains. Against 0 and 0 the first
        two gain.
    """
    ordered_UG = accuracies_N.view(-1, group_size)
    ordered_U = ordered_UG.nanmean(1)
    shuffled_U = shuffled_N.view(-1, group_size).nanmean(1)
    passes_U = ordered_U + ROUNDING >= mu * shuffled_U
    bonus_UG = alpha * (passes_U[:, None] & (ordered_UG > RIGHT_ABOVE))
    compared_U = ~(ordered_U.isnan() | shuffled_U.isnan())
    return bonus_UG.flatten(), torch.where(compared_U, passes_U.float(), 0.5)


def accuracy_column(names: Sequence[str], functions: Sequence[Any], wanted: str | None) -> int:
    """Which of the reward functions is the accuracy that T-GRPO compares and pays.

    Args:
        names: As TRL logs them; "accuracy_reward" and "accuracy" are the same.
        functions: One per name.
        wanted: The user's choice; None for accuracy where it is among them, else the first.

    Raises:
        ConfigError: None of them has that name, or it is a model or asynchronous: it is asked twice a generation.
    """
    short = [name.removesuffix("_reward") for name in names]
    chosen = (wanted or ("accuracy" if "accuracy" in short else short[0])).removesuffix("_reward")
    if chosen not in short:
        raise ConfigError(f"temporal_reward {chosen!r} is none of the rewards: use one of {', '.join(short)}")
    function = functions[short.index(chosen)]
    if isinstance(function, nn.Module) or inspect.iscoroutinefunction(function):
        raise ConfigError(f"the reward {chosen!r} is no plain function, which T-GRPO needs: set temporal_reward")
    return short.index(chosen)
