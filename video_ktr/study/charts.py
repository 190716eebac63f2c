"""Figures of a study: training curves with bands, and differences with intervals; SVG and PNG."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from video_ktr.jobs.figure_files import save_figure
from video_ktr.study.comparisons import Comparison
from video_ktr.study.results import CellResult
from video_ktr.study.statistics import Floats

SMOOTHED_OVER = 10
"""A point of a curve is the mean over a tenth of the steps, so that one batch of questions is no bump."""


def curve_band(cells: Sequence[CellResult]) -> tuple[Floats, Floats, Floats] | None:
    """Steps, mean over cells and half width of the band, of the smoothed curves at the steps that all cells have.

    The band is 1.96 standard errors over cells; without width for one cell. None without a common step.
    """
    steps = sorted(set.intersection(*({step for step, _ in cell.curve} for cell in cells))) if cells else []
    if not steps:
        return None
    values = np.array([[dict(cell.curve)[step] for step in steps] for cell in cells])
    width = max(1, round(len(steps) / SMOOTHED_OVER))
    smooth = np.array([np.convolve(row, np.full(width, 1 / width), mode="valid") for row in values])
    error = smooth.std(axis=0, ddof=1) / np.sqrt(len(cells)) if len(cells) > 1 else np.zeros(smooth.shape[1])
    # A mean over steps a..b stands in the middle of them.
    middle = np.convolve(np.array(steps), np.full(width, 1 / width), mode="valid")
    return middle, smooth.mean(axis=0), 1.96 * error


def draw_curves(results: Sequence[CellResult], arms: Sequence[str], path: Path) -> list[Path]:
    """Draw the training curves of `arms`; gives the files, none when there is nothing to draw."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for index, arm in enumerate(arms):
        band = curve_band([result for result in results if result.arm == arm])
        if band is None:
            continue
        steps, mean, half = band
        axes.plot(steps, mean, color=f"C{index}", label=arm)
        axes.fill_between(steps, mean - half, mean + half, color=f"C{index}", alpha=0.15, linewidth=0)
    if not axes.lines:
        return []
    axes.set_xlabel("training step")
    axes.set_ylabel(" or ".join(sorted({result.curve_metric for result in results} - {""})))
    axes.legend(fontsize="small")
    return save_figure(figure, path.parent, path.name, outlines=False)


def draw_differences(comparisons: Sequence[Comparison], path: Path) -> list[Path]:
    """Draw differences with their intervals, one row a comparison, filled where the report says that there is one."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.35 * len(comparisons)), layout="constrained")
    axes = figure.add_subplot()
    for row, one in enumerate(comparisons):
        axes.plot([100 * one.low, 100 * one.high], [row, row], color="C0")
        axes.plot([100 * one.difference], [row], "o", color="C0", fillstyle="full" if one.shown else "none")
    axes.axvline(0, color="0.5", linewidth=0.8)
    axes.set_yticks(range(len(comparisons)), [f"{one.arm} - {one.reference}" for one in comparisons])
    axes.invert_yaxis()
    axes.set_xlabel("difference of held-out accuracy, points, with 95 % interval")
    return save_figure(figure, path.parent, path.name, outlines=False)
