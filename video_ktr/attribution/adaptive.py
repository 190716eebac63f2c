"""The adaptive ratio: how many tokens a question's signals select, from how hard it is and how its scores are spread.

Ours, not the paper's; docs/methods.md has the reasoning. Letters: B rows (completions), T completion tokens, Q
questions (prompts).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from video_ktr.attribution.checks import require_finite, require_same_shape
from video_ktr.attribution.scope import rows_to_units
from video_ktr.errors import ConfigError

MASS = 0.5
"""Part of a question's total score whose holders are counted."""
USUAL_SHARE = 0.2
"""Share of tokens that holds `MASS` where scores are spread about exponentially (exactly: 18.7 %)."""


def mass_shares(scores_BT: Tensor, valid_BT: Tensor, *, group_size: int | None = None, name: str = "token") -> Tensor:
    """Per question, the smallest share of its tokens that together hold half of its total score.

    The tokens of all completions of a question are taken together, highest score first. Negative scores (a signed
    shift) hold nothing. Equal scores give 1/2 (rounded up to a token), one token that outweighs all others 1/n. A
    question whose scores are all 0 or below says nothing of their spread: it gets the usual share, 0.2.

    Returns:
        (Q,) float64 on the CPU; NaN for a question without a valid token.

    Raises:
        ConfigError: rows that do not form whole groups.
        ValueError: shapes differ, or a valid token has a non-finite score.
    """
    require_same_shape(scores_BT, valid_BT, "scores and completion mask")
    require_finite(scores_BT, valid_BT, name)
    valid_QL = rows_to_units(valid_BT, "group", group_size)
    held_QL = rows_to_units(scores_BT.detach().double().masked_fill(~valid_BT, 0.0), "group", group_size).clamp(min=0)
    shares = []
    for held_L, valid_L in zip(held_QL.cpu(), valid_QL.cpu(), strict=True):
        mass_L = held_L[valid_L].sort(descending=True).values.cumsum(0)
        if not len(mass_L):
            shares.append(float("nan"))
        elif mass_L[-1] <= 0:
            shares.append(USUAL_SHARE)
        else:
            shares.append((int((mass_L < MASS * mass_L[-1]).sum()) + 1) / len(mass_L))
    return torch.tensor(shares, dtype=torch.float64)


def question_accuracies(accuracy_B: Tensor, *, group_size: int | None = None) -> Tensor:
    """Mean accuracy of each question's completions (Q), those that could not be scored (NaN) left out.

    NaN for a question none of whose completions could be scored. Raises ConfigError for a mean outside 0..1.
    """
    mean_Q = rows_to_units(accuracy_B.double().cpu()[:, None], "group", group_size).nanmean(1)
    if bool(((mean_Q < 0) | (mean_Q > 1)).any()):
        raise ConfigError(
            f"ratio_rule 'adaptive' met a mean accuracy of {mean_Q.nan_to_num(0).abs().max():g}; name a reward between "
            "0 and 1 as accuracy_reward"
        )
    return mean_Q


def adaptive_ratios(
    ratio: float, accuracy_Q: Tensor, share_Q: Tensor, *, low: float, high: float, name: str = "token"
) -> Sequence[float]:
    """ratio * (3/2 - accuracy) * share / 0.2 for each question, held within low..high, rounded to 4 decimals.

    A question of accuracy 1/2 whose top fifth of tokens holds half of the score gets `ratio` itself. Without a valid
    token (share NaN) the ratio has no effect, and is `low`.

    Args:
        ratio: what a fixed ratio would be.
        accuracy_Q: `question_accuracies`.
        share_Q: `mass_shares` of the signal.

    Raises:
        ValueError: a question with valid tokens has no accuracy.
    """
    if bool((accuracy_Q.isnan() & ~share_Q.isnan()).any()):
        raise ValueError(
            f"the adaptive {name} ratio needs an accuracy for each question: one has none that is a number"
        )
    wanted_Q = ratio * (1.5 - accuracy_Q) * share_Q / USUAL_SHARE
    return [round(value, 4) for value in wanted_Q.clamp(low, high).nan_to_num(nan=low).tolist()]
