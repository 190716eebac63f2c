"""The averages that benchmarks publish: over questions, or over the means of groups."""

from collections.abc import Mapping, Sequence

from video_ktr.errors import ConfigError
from video_ktr.evaluation.benchmarks.question import UNKNOWN

GroupedScore = tuple[Mapping[str, str], float]
"""A question's groups and its score."""


def average(rows: Sequence[GroupedScore], headline: str) -> float | None:
    """Average the scores as `headline` says; None without rows.

    "micro": over questions. "macro:task": the mean of the means of each value of the group "task".
    "macro:task/subtask": as before, but the mean of a task is itself the mean of the means of its subtasks. Values
    that no row has are not there: nothing is filled in. Raises ConfigError for another headline.
    """
    kind, _, path = headline.partition(":")
    if (kind, bool(path)) not in {("micro", False), ("macro", True)}:
        raise ConfigError(f"average {headline!r} is unknown; use micro, macro:GROUP or macro:GROUP/GROUP")
    return _mean_of_means(rows, path.split("/") if path else []) if rows else None


def _mean_of_means(rows: Sequence[GroupedScore], names: Sequence[str]) -> float:
    if not names:
        return sum(score for _, score in rows) / len(rows)
    parts: dict[str, list[GroupedScore]] = {}
    for groups, score in rows:
        parts.setdefault(groups.get(names[0], UNKNOWN), []).append((groups, score))
    means = [_mean_of_means(part, names[1:]) for part in parts.values()]
    return sum(means) / len(means)
