"""Averages with an interval by bootstrap: questions are drawn again, with replacement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from video_ktr.errors import DataError
from video_ktr.evaluation.benchmarks.averages import GroupedScore, average
from video_ktr.evaluation.benchmarks.question import UNKNOWN

DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class Average:
    """An average of scores, or of differences of scores, with its 95 % interval."""

    name: str
    """As `averages.average` takes it: "micro", "macro:task", ..."""
    value: float
    n: int
    """Questions."""
    low: float
    high: float
    interval: Literal["wilson", "bootstrap"]


def bootstrap_average(rows: Sequence[GroupedScore], name: str, *, seed: int = 0, draws: int = DRAWS) -> Average:
    """Compute the average `name` and its 95 % percentile interval.

    A macro average is drawn group by group, each at its own size, as its groups are fixed and not drawn. The same rows
    and seed give the same interval. A group whose scores are all equal adds nothing to the width, so that with few
    questions a group the interval is too narrow. Raises DataError without rows, ConfigError for an unknown name.
    """
    value = average(rows, name)
    if value is None:
        raise DataError("there is no score to average; give at least one question that the rule can score")
    path = [part for part in name.partition(":")[2].split("/") if part]
    cells: dict[tuple[str, ...], list[float]] = {}
    places = [tuple(groups.get(part, UNKNOWN) for part in path) for groups, _ in rows]
    for place, (_, score) in zip(places, rows, strict=True):
        cells.setdefault(place, []).append(score)
    generator, drawn = np.random.default_rng(seed), np.zeros(draws)
    for cell, scores in cells.items():
        # An average is linear: what it makes of a score of 1 in this cell alone is the weight of the cell's mean.
        marked = [(groups, float(place == cell)) for place, (groups, _) in zip(places, rows, strict=True)]
        drawn += (average(marked, name) or 0.0) * _drawn_means(scores, draws, generator)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Average(name=name, value=value, n=len(rows), low=float(low), high=float(high), interval="bootstrap")


def _drawn_means(scores: Sequence[float], draws: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Means of redrawn scores: how often each value comes is multinomial, which holds no draw in memory."""
    values, counts = np.unique(np.asarray(scores, dtype=np.float64), return_counts=True)
    times = generator.multinomial(len(scores), counts / len(scores), size=draws)
    means: NDArray[np.float64] = times @ values / len(scores)
    return means
