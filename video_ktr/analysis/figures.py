"""Plots of an analysis, drawn with matplotlib into SVG and PNG files; equal plots give equal files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from video_ktr.jobs import figure_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's palette, told apart with any colour vision.
COLOURS = {"visual": "#e69f00", "temporal": "#56b4e9", "entropy": "#cc79a7", "union": "#1c1c1c", "rest": "#8c8c8c"}
RUN, OTHER = "#0072b2", "#8c8c8c"
"""The colours of the analysed run and of the one it is compared with, which is also dashed."""
_LONGEST = 40


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A plot and what draws it."""

    name: str
    """Stem of the files."""
    title: str
    draw: "Callable[[Figure], None]"
    """Draws into an empty figure with constrained layout, which it may resize with `set_size_inches`."""
    note: str = ""


def save(plot: Plot, folder: Path) -> list[Path]:
    """Draw `plot` once and write NAME.svg and NAME.png; gives both paths."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    with rc_context({"axes.unicode_minus": False}):
        plot.draw(figure)
        return figure_files.save_figure(figure, folder, plot.name)


def plain(text: str) -> str:
    """Text of a run, or a run's name, as matplotlib draws it as it stands, cut to 40 characters."""
    return figure_files.plain(text, _LONGEST)
