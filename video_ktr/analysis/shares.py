"""Shares of tokens, with intervals that know that the tokens of one question belong together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_Z = 1.959964
INTERVAL = (
    "Intervals are 95 %, from the spread between questions (a ratio estimator with questions as clusters, normal "
    "approximation): tokens of one question are not independent. With fewer than about 30 questions they are too "
    "narrow. There is none for one question, or where all questions agree."
)


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share, and its interval where one can be told."""

    value: float | None
    """Between 0 and 1; None of nothing."""
    low: float | None
    high: float | None


def share_of(parts: Sequence[float], wholes: Sequence[float]) -> Share:
    """The share sum(parts) / sum(wholes) over questions, with a 95 % interval.

    With R the share, y and x a question's part and whole, and m the questions with x above 0, its squared standard
    error is m / (m - 1) * sum((y - R x)^2) / sum(x)^2, the usual one of a ratio over clusters; the interval is R -+
    1.96 standard errors, cut to [0, 1]. There is none for m below 2 or a standard error of 0: equal shares in a few
    questions say nothing about others.

    Args:
        parts: of each question, how many tokens have it.
        wholes: of each question, of how many.
    """
    part, whole = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    total, clusters = float(whole.sum()), int((whole > 0).sum())
    if not total:
        return Share(value=None, low=None, high=None)
    value = float(part.sum()) / total
    spread = float(((part - value * whole) ** 2).sum())
    if clusters < 2 or math.isclose(spread, 0, abs_tol=1e-12 * total):
        return Share(value=value, low=None, high=None)
    half = _Z * math.sqrt(clusters / (clusters - 1) * spread) / total
    return Share(value=value, low=max(0.0, value - half), high=min(1.0, value + half))
