"""The report of an analysis: one page with a table of contents, its tables as CSV, its plots as SVG and PNG."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from video_ktr.analysis.figures import save
from video_ktr.analysis.sections import Missing, Section
from video_ktr.errors import ConfigError
from video_ktr.jobs.whole_files import whole_file

REPORT = "report.html"
FILES = "files.txt"
"""Names the tables and plots that a report wrote: the next one in the folder removes what it does not write again."""
SUFFIXES = frozenset((".csv", ".svg", ".png"))
TEMPLATE, STYLE = "analysis.html.jinja", "analysis.css"


def write_report(folder: Path, title: str, sections: Sequence[Section | Missing]) -> Path:
    """Write report.html, a CSV file for each table, an SVG and a PNG for each plot; gives the page's path.

    The page asks nothing of the network and runs no script. Plots are pictures in it, not markup, and all text is
    escaped. Sections that could not be written are named at its end, with the reason. Equal sections give equal files.
    Tables and plots of an earlier report in the folder are removed; other files stay.

    Raises ConfigError when the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: the report cannot go there ({error.strerror}); choose another folder") from error
    written = [section for section in sections if isinstance(section, Section)]
    files = [table.write_csv(folder) for section in written for table in section.tables]
    pictures: dict[str, str] = {}
    for plot in (plot for section in written for plot in section.plots):
        saved = save(plot, folder)
        files += saved
        pictures[plot.name] = _picture(saved[0])
    style = (Path(__file__).parent / STYLE).read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template(TEMPLATE).render(
        title=title,
        sections=written,
        missing=[section for section in sections if isinstance(section, Missing)],
        pictures=pictures,
        style=style,
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
    )
    with whole_file(folder / REPORT) as partial:
        # A name or a token may hold half a surrogate pair, which UTF-8 cannot.
        partial.write_text(page, encoding="utf-8", errors="replace")
    _forget_earlier(folder, {file.name for file in files})
    return folder / REPORT


def _picture(svg: Path) -> str:
    """An SVG file as a data URI."""
    return f"data:image/svg+xml;base64,{b64encode(svg.read_bytes()).decode()}"


def _forget_earlier(folder: Path, names: set[str]) -> None:
    """Remove what `FILES` names beside `names`, which it names from now on."""
    listed = folder / FILES
    earlier = set(listed.read_text(encoding="utf-8").splitlines()) if listed.exists() else set()
    for path in folder.iterdir():
        if path.name in earlier - names and path.suffix in SUFFIXES:
            path.unlink()
    with whole_file(listed) as partial:
        partial.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
