"""Tables of the report, as rows of text; Markdown and CSV are made from the same rows."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from video_ktr.jobs.whole_files import whole_file

Row = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns and rows of text."""

    columns: Row
    rows: Sequence[Row]

    def markdown(self) -> str:
        """The table in Markdown; text of the user cannot break out of its place."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "\n".join("| " + " | ".join(_escaped(value) for value in line) + " |" for line in lines)

    def write_csv(self, path: Path) -> None:
        """Write the table as CSV, whole or not at all."""
        with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([self.columns, *self.rows])


def percent(share: float) -> str:
    """0.7125 as "71.2"."""
    return f"{100 * share:.1f}"


def points(difference: float) -> str:
    """0.031 as "+3.1"."""
    return f"{100 * difference:+.1f}"


def probability(p: float) -> str:
    """A p value with as many places as it needs: "0.62", "0.031", "below 0.001"."""
    if p < 0.001:
        return "below 0.001"
    return f"{p:.2f}" if p >= 0.1 else f"{p:.3f}"


def _escaped(value: str) -> str:
    text = " ".join(value.split())
    for sign, safe in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("`", "\\`")):
        text = text.replace(sign, safe)
    return text
