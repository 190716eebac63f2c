"""Geometry of the report's small charts, in SVG units; the template draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 24
ROW = 34
TICKS = 4


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One curve; `points` is the attribute of an SVG polyline."""

    label: str
    style: str
    points: str


@dataclass(frozen=True, kw_only=True)
class LineChart:
    """Curves over training steps."""

    title: str
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]


@dataclass(frozen=True, kw_only=True)
class IntervalRow:
    """A group of questions: where its mark and interval lie, for each of the models compared."""

    label: str
    y: float
    marks: list[dict[str, Any]]


def line_chart(title: str, series: Mapping[str, tuple[str, Sequence[tuple[float, float]]]]) -> LineChart | None:
    """Scale curves (label -> (style, points)) to the chart; None when there is no point at all.

    The vertical axis runs from 0, or from the smallest value where that is negative, to the largest.
    """
    points = [point for _, curve in series.values() for point in curve]
    if not points:
        return None
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    bottom, top = min(0.0, *(y for _, y in points)), max(y for _, y in points)
    top = top if top > bottom else bottom + 1

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - first) / (last - first) if last > first else 0.5
        up = (y - bottom) / (top - bottom)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    lines = [
        Line(label=label, style=style, points=" ".join(f"{a:.1f},{b:.1f}" for a, b in (place(*p) for p in curve)))
        for label, (style, curve) in series.items()
        if curve
    ]
    levels = [bottom + (top - bottom) * i / TICKS for i in range(TICKS + 1)]
    return LineChart(
        title=title,
        lines=lines,
        x_ticks=[Tick(at=place(x, bottom)[0], label=f"{x:g}") for x in dict.fromkeys([first, last])],
        y_ticks=[Tick(at=place(first, y)[1], label=f"{y:.2g}") for y in levels],
    )


def interval_rows(groups: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[IntervalRow]:
    """Place accuracies with their intervals: group label -> model label -> a record with accuracy, low and high."""

    def across(share: float) -> float:
        return 110 + share * (WIDTH + 140 - 110)

    rows = []
    for index, (label, models) in enumerate(groups.items()):
        marks = [
            {
                "style": name,
                "y": TOP + index * ROW + 8 + 10 * position,
                "at": round(across(tally["accuracy"]), 1),
                "low": round(across(tally["low"]), 1),
                "high": round(across(tally["high"]), 1),
            }
            for position, (name, tally) in enumerate(models.items())
        ]
        rows.append(IntervalRow(label=label, y=TOP + index * ROW + 17, marks=marks))
    return rows


def share_ticks() -> list[Tick]:
    """The ticks of the interval chart's axis."""
    return [Tick(at=110 + i / 4 * (WIDTH + 140 - 110), label=f"{25 * i} %") for i in range(5)]
