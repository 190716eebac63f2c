"""Plots of an analysis, drawn with matplotlib into SVG and PNG files; equal plots give equal files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from video_ktr.errors import ConfigError
from video_ktr.jobs.whole_files import whole_file

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


def require_matplotlib() -> None:
    """Raise ConfigError when matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ConfigError("the analysis needs matplotlib: pip install 'video-ktr[analysis]'") from error


def save(plot: Plot, folder: Path) -> list[Path]:
    """Draw `plot` once and write NAME.svg, whose letters are outlines, and NAME.png; gives both paths."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    files = []
    with rc_context({"svg.hashsalt": plot.name, "svg.fonttype": "path", "axes.unicode_minus": False}):
        plot.draw(figure)
        for suffix, settings in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": 150})):
            files.append(folder / f"{plot.name}.{suffix}")
            with whole_file(files[-1]) as partial:
                figure.savefig(partial, format=suffix, **settings)
    return files


def plain(text: str) -> str:
    """Text of a run, or a run's name, as matplotlib draws it as it stands.

    One line of at most 40 characters; no formulas, and no leading "_", which would hide it from legends.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
    line = line.replace("$", r"\$")
    return f" {line}" if line.startswith("_") else line
