"""Training curves: what the trainer logged at each step, and a table of how it began and ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from video_ktr.analysis.figures import COLOURS, OTHER, RUN, Plot, plain
from video_ktr.analysis.run_data import RunData
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.tables import Table, Value
from video_ktr.records.run_records import Record, curve
from video_ktr.records.token_text import SIGNALS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Training curves"
WINDOW = 20
"""Steps of a running mean, as in the paper's figure 11, and of what the table calls first and last."""
Points = list[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Metrics that are drawn together."""

    name: str
    title: str
    lines: Mapping[str, str]
    """Label -> metric."""


CHARTS = (
    Chart(name="reward", title="Reward, sum over reward functions", lines={"reward": "reward"}),
    Chart(name="accuracy", title="Accuracy reward", lines={"accuracy": "rewards/accuracy_reward/mean"}),
    Chart(name="format", title="Format reward", lines={"format": "rewards/format_reward/mean"}),
    Chart(name="kl", title="KL divergence from the reference, nats a token", lines={"KL": "kl"}),
    Chart(name="entropy", title="Entropy, nats a token", lines={"entropy": "entropy"}),
    Chart(name="lengths", title="Completion length, tokens", lines={"mean length": "completions/mean_length"}),
    Chart(name="truncation", title="Share of truncated completions", lines={"truncated": "completions/clipped_ratio"}),
    Chart(
        name="zero_variance",
        title="Share of groups of equal rewards, which teach nothing",
        lines={"groups of equal rewards": "frac_reward_zero_std"},
    ),
    Chart(
        name="update_ratio",
        title="Share of tokens that learn",
        lines={"union": "key_tokens/update_ratio", **{name: f"key_tokens/{name}/ratio" for name in SIGNALS}},
    ),
)


def curve_section(run: RunData, other: RunData | None) -> Section | Missing:
    """The section of the report; a chart of which the run logged nothing is left out and named."""
    drawn = [chart for chart in CHARTS if any(curve(run.metrics, key) for key in chart.lines.values())]
    if not drawn:
        return Missing(title=TITLE, reason="metrics.jsonl holds none of the metrics that are drawn")
    left_out = [chart.title for chart in CHARTS if chart not in drawn]
    runs = [run, *([] if other is None else [other])]
    text = (
        "As the trainer logged them, over optimizer steps; means over the batch of a step. Thick lines are running "
        f"means over {WINDOW} logged steps, each drawn in the middle of its window; a run of fewer than {2 * WINDOW} "
        "logged steps has none. The values themselves are in metrics.jsonl of the run.",
        *([f"Not logged by this run: {'; '.join(left_out)}."] if left_out else []),
    )
    return Section(
        id="curves",
        title=TITLE,
        text=text,
        tables=(_table(drawn, runs),),
        plots=tuple(_plot(chart, runs) for chart in drawn),
    )


def running_mean(points: Points, window: int = WINDOW) -> Points:
    """Means over `window` neighbouring points, at the mean of their steps; [] for fewer than two windows of points."""
    if len(points) < 2 * window:
        return []
    ones = np.full(window, 1 / window)
    steps, values = (np.convolve(column, ones, mode="valid") for column in zip(*points, strict=True))
    return [(float(step), float(value)) for step, value in zip(steps, values, strict=True)]


def first_and_last(metrics: list[Record], key: str) -> tuple[float | None, float | None, int]:
    """Means over the first and the last logged steps, 20 or as many as there are, and how many there are."""
    values = [value for _, value in curve(metrics, key)]
    if not values:
        return None, None, 0
    return float(np.mean(values[:WINDOW])), float(np.mean(values[-WINDOW:])), len(values)


def _table(charts: list[Chart], runs: list[RunData]) -> Table:
    rows: list[tuple[Value, ...]] = []
    for chart in charts:
        for label, key in chart.lines.items():
            ends = [first_and_last(run.metrics, key) for run in runs]
            if any(number for _, _, number in ends):
                rows.append((label, key, *(value for end in ends for value in end)))
    columns = [f"{run.name}: {part}" for run in runs for part in ("first", "last", "steps")]
    return Table(
        name="curves",
        title="How the runs began and ended",
        columns=("what", "metric", *columns),
        rows=tuple(rows),
        note=f"Means over the first and the last {WINDOW} logged steps, or all if there are fewer.",
    )


def _plot(chart: Chart, runs: list[RunData]) -> Plot:
    return Plot(name=f"curve_{chart.name}", title=chart.title, draw=lambda figure: _draw(figure, chart, runs))


def _draw(figure: "Figure", chart: Chart, runs: list[RunData]) -> None:
    figure.set_size_inches(5, 3)
    axes = figure.add_subplot()
    for place, run in enumerate(runs):
        for label, key in chart.lines.items():
            points = curve(run.metrics, key)
            if not points:
                continue
            colour = COLOURS[label] if len(chart.lines) > 1 else (RUN, OTHER)[place]
            named = plain(run.name) if len(chart.lines) == 1 else f"{label}, {plain(run.name)}"
            style, smooth = ("-", "--")[place], running_mean(points)
            if smooth:
                axes.plot(*zip(*points, strict=True), style, color=colour, linewidth=0.8, alpha=0.3)
            # A line through one point would not be seen.
            marker = "o" if len(points) == 1 else ""
            axes.plot(*zip(*(smooth or points), strict=True), style, color=colour, label=named, marker=marker)
    axes.set_xlabel("optimizer step")
    axes.set_title(chart.title, fontsize="medium")
    figure.legend(fontsize="x-small", loc="outside lower center", ncols=2)
