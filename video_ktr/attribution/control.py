"""Control masks: as many tokens as the method selects, but others.

Letters: B rows (completions), T completion tokens, K signals.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Generator, Tensor

from video_ktr.attribution.checks import require_choice
from video_ktr.errors import ConfigError

Control = Literal["none", "random", "inverted"]


def control_mask(
    kind: Control,
    selected_BT: Tensor,
    valid_BT: Tensor,
    *,
    ranks_BT: Tensor,
    generators: Sequence[Generator] | None = None,
) -> Tensor:
    """The mask that a control experiment trains in place of `selected_BT`, row by row.

    Let a row have n valid tokens of which the method selects k. "none" is the method's own mask. "random" draws k of
    the n uniformly, whatever was selected: the same amount of learning, in each completion, without its choice.
    "inverted" takes, of the n - k tokens that were not selected, the min(k, n - k) of lowest rank, the later token
    where ranks are equal (the method prefers the earlier): its choice turned round. A method that selects more than
    half of a row so has a smaller inverse.

    Args:
        kind: one of the three.
        selected_BT: bool, what the method selects; False at padding.
        valid_BT: bool, valid completion tokens.
        ranks_BT: for "inverted", how high a token stands: the greatest rank percentile that a signal gives it.
        generators: for "random", one on the CPU for each row.

    Returns:
        (B, T) bool, a new tensor for the two controls.

    Raises:
        ConfigError: unknown kind, or "random" without a generator for each row.
    """
    require_choice("control", kind, Control)
    if kind == "none":
        return selected_BT
    if kind == "random":
        if generators is None or len(generators) != len(selected_BT):
            raise ConfigError("control 'random' needs a seeded generator for each completion; set control to 'none'")
        keys_BT = torch.stack([torch.rand(selected_BT.shape[1], generator=g, dtype=torch.float64) for g in generators])
        return _lowest(keys_BT.to(valid_BT.device), valid_BT, selected_BT.sum(1))
    # The later of equal ranks comes first when the row is turned round.
    left_BT = (valid_BT & ~selected_BT).flip(1)
    return _lowest(ranks_BT.flip(1), left_BT, selected_BT.sum(1)).flip(1)


def _lowest(keys_BT: Tensor, among_BT: Tensor, counts_B: Tensor) -> Tensor:
    """The `counts_B` tokens of each row with the lowest keys among `among_BT`; all of these if they are fewer."""
    order_BT = keys_BT.masked_fill(~among_BT, torch.inf).sort(dim=1, stable=True).indices
    places_T = torch.arange(keys_BT.shape[1], device=keys_BT.device)
    chosen_BT = (places_T < counts_B[:, None]).expand_as(among_BT)
    return torch.zeros_like(among_BT).scatter(1, order_BT, chosen_BT) & among_BT
