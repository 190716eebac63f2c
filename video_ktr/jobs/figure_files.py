"""Figures drawn with matplotlib, written whole as SVG and PNG; equal figures give equal files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_ktr.errors import ConfigError
from video_ktr.jobs.whole_files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def require_matplotlib(instead: str = "") -> None:
    """Raise ConfigError when matplotlib is not installed; `instead` is the option that needs none."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        otherwise = f", or {instead}" if instead else ""
        raise ConfigError(f"figures need matplotlib: pip install 'video-ktr[analysis]'{otherwise}") from error


def save_figure(figure: "Figure", folder: Path, stem: str, *, outlines: bool = True) -> list[Path]:
    """Write STEM.svg and STEM.png; gives both paths.

    The letters of the SVG are outlines, which look alike everywhere, or, without `outlines`, text that can be searched.
    """
    from matplotlib import rc_context

    letters = "path" if outlines else "none"
    formats: dict[str, dict[str, Any]] = {"svg": {"metadata": {"Date": None}}, "png": {"dpi": 150}}
    files = []
    for suffix, settings in formats.items():
        files.append(folder / f"{stem}.{suffix}")
        with whole_file(files[-1]) as partial, rc_context({"svg.hashsalt": stem, "svg.fonttype": letters}):
            figure.savefig(partial, format=suffix, **settings)
    return files


def plain(text: str, longest: int | None = None) -> str:
    """Text as matplotlib draws it as it stands, on one line of at most `longest` characters.

    No formulas, and no leading "_", which would hide it from legends.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if longest is not None and len(line) > longest:
        line = f"{line[: longest - 3]}..."
    line = line.replace("$", r"\$")
    return f" {line}" if line.startswith("_") else line
