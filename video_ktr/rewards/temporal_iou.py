"""How well the moments named in an answer overlap the right ones."""

import math
import re
from collections.abc import Sequence
from typing import TypeAlias

from video_ktr.rewards.answer import Completion, extract_answer
from video_ktr.rewards.row_scores import LogMetric, score_rows

Intervals: TypeAlias = list[tuple[float, float]]
"""Starts and ends in seconds."""

PROBLEM_TYPE = "temporal grounding"
# Seconds, or minutes:seconds, or hours:minutes:seconds, and perhaps the unit.
_TIME = r"([0-9]+(?::[0-5]?[0-9]){0,2}(?:\.[0-9]*)?|\.[0-9]+)(?: ?(?:s|secs?|seconds?))?"
_INTERVAL = re.compile(
    rf"[\[(]? ?(?:from )?{_TIME} ?(?:-|–|—|~|,|to|until) ?{_TIME} ?[\])]?\.?",  # noqa: RUF001  # dashes people write
    re.ASCII | re.IGNORECASE,
)
_PARTED = re.compile(r";|\band\b", re.IGNORECASE)


def temporal_iou_reward(
    completions: Sequence[Completion],
    solution: Sequence[str],
    problem_type: Sequence[str],
    *,
    log_metric: LogMetric | None = None,
    **kwargs: object,  # noqa: ARG001  # TRL passes every column of the data set
) -> list[float | None]:
    """Score rows of problem type "temporal grounding" by `temporal_iou`, in [0, 1]; rows of other types give None.

    The accuracy reward scores these rows the same; this one is for rewards weighted apart. The share of its rows that
    cannot be scored goes to TRL's log as ``unscorable``.
    """
    return score_rows(_score_text, completions, solution, problem_type, log_metric, only=PROBLEM_TYPE)


def temporal_iou(prediction: str, truth: str) -> float | None:
    """Divide the time that both sets of intervals cover by the time that either covers, in [0, 1].

    Intervals of one answer that overlap count once. A prediction that `parse_intervals` cannot read scores 0, and so
    does one of no length, as every guess of a mere instant must. None when `truth` cannot be read or covers no time:
    an instant overlaps nothing, so no prediction could score; give such a truth a width.
    """
    right, given = parse_intervals(truth), parse_intervals(prediction)
    if right is None or _covered(right) == 0.0:
        return None
    if given is None:
        return 0.0
    right, given = _merged(right), _merged(given)
    both = _overlap(right, given)
    return min(1.0, both / (_covered(right) + _covered(given) - both))


def parse_intervals(text: str) -> Intervals | None:
    """Read intervals such as "3.5 - 7", "from 3.5 to 7 seconds", "[3.5, 7.0]" or "00:03.5-00:07", in seconds.

    Several are parted by ";" or "and". None when there is none, when anything else stands beside them, and when one
    is reversed, negative, infinite or not a number. An interval may have no length.
    """
    parts = [part.strip() for part in _PARTED.split(" ".join(text.split()))]
    matches = [_INTERVAL.fullmatch(part) for part in parts if part]
    if not matches:
        return None
    intervals = []
    for match in matches:
        if match is None:
            return None
        start, end = _seconds(match[1]), _seconds(match[2])
        if not (start <= end < math.inf):
            return None
        intervals.append((start, end))
    return intervals


def _score_text(text: str, truth: str, problem_type: str) -> float | None:  # noqa: ARG001  # one type only
    return temporal_iou(extract_answer(text), truth)


def _seconds(clock: str) -> float:
    return sum(float(part) * 60.0**place for place, part in enumerate(reversed(clock.split(":"))))


def _covered(intervals: Intervals) -> float:
    return sum(end - start for start, end in intervals)


def _merged(intervals: Intervals) -> Intervals:
    """The same times as intervals that do not overlap, in order."""
    apart: Intervals = []
    for start, end in sorted(intervals):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _overlap(first: Intervals, second: Intervals) -> float:
    """Time in both; each must be as `_merged` gives it."""
    total, i, j = 0.0, 0, 0
    while i < len(first) and j < len(second):
        total += max(0.0, min(first[i][1], second[j][1]) - max(first[i][0], second[j][0]))
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return total
