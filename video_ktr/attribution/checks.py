"""Argument checks shared by the modules of this room.

Letters: B rows (completions), T completion tokens.
"""

from typing import Any, get_args

import torch
from torch import Tensor

from video_ktr.errors import ConfigError


def require_choice(name: str, value: object, literal: Any) -> None:
    """Raise ConfigError unless `value` is one of the strings of the `Literal` type `literal`."""
    choices = get_args(literal)
    if value not in choices:
        raise ConfigError(f"{name} is {value!r}; use one of: {', '.join(choices)}")


def require_ratio(name: str, value: object) -> None:
    """Raise ConfigError unless `value` is a number between 0 and 1."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:  # type: ignore[operator]
        raise ConfigError(f"{name} is {value!r}; it is a share of tokens and must lie between 0 and 1 (0 = off)")


def require_finite(scores_BT: Tensor, valid_BT: Tensor, name: str) -> None:
    """Raise ValueError that names the signal, row and token of the first non-finite score at a valid position."""
    bad_BT = valid_BT & ~torch.isfinite(scores_BT)
    if bool(bad_BT.any()):
        row, token = (int(index) for index in bad_BT.nonzero()[0])
        raise ValueError(
            f"the {name} score of row {row}, token {token} is {float(scores_BT[row, token])}; scores of completion "
            "tokens must be finite: look for NaN or infinite logits in the pass that made them"
        )


def require_same_shape(first: Tensor, second: Tensor, what: str) -> None:
    """Raise ValueError when two tensors that must align do not."""
    if first.shape != second.shape:
        raise ValueError(f"{what} must have one shape, got {tuple(first.shape)} and {tuple(second.shape)}")


def split_evenly(total: int, parts: int, what: str) -> int:
    """Size of each of `parts` equal parts of `total`; ValueError when they are not equal."""
    if parts < 1 or total % parts:
        raise ValueError(f"{what}: {total} cannot be cut into {parts} equal parts")
    return total // parts
