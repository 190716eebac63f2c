"""What an analysis is made of: sections of text, tables and plots, and those that a run gives no data for."""

from dataclasses import dataclass

from video_ktr.analysis.figures import Plot
from video_ktr.analysis.tables import Table


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the report."""

    id: str
    """Where links of the page lead: lower-case letters, digits and "-"."""
    title: str
    text: tuple[str, ...]
    """Paragraphs of plain text, which say how the numbers were computed."""
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A section that cannot be written for this run."""

    title: str
    reason: str
    """Why, and what to do to have it next time, in one line."""
