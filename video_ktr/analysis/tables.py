"""Tables of an analysis: CSV files with all digits, and rows of rounded text for the page."""

import csv
from dataclasses import dataclass
from pathlib import Path

from video_ktr.jobs.whole_files import whole_file

Value = str | int | float | None
NOT_COMPUTED = "-"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Named columns and rows of values.

    Example: ``Table(name="overlap", title="Overlap", columns=("cell", "tokens", "share"), rows=(("V", 3, 0.3),))``.
    """

    name: str
    """Stem of the CSV file."""
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    """None stands for a value that cannot be computed."""
    note: str = ""

    def shown_rows(self) -> list[list[str]]:
        """The rows as text, four significant digits a number."""
        return [[shown(value) for value in row] for row in self.rows]

    def text_columns(self) -> set[int]:
        """The numbers of the columns that hold any text."""
        return {number for row in self.rows for number, value in enumerate(row) if isinstance(value, str)}

    def write_csv(self, folder: Path) -> Path:
        """Write NAME.csv with numbers in full and empty fields for what cannot be computed; gives its path.

        Text that a spreadsheet would take for a formula gets a "'" before it.
        """
        target = folder / f"{self.name}.csv"
        with whole_file(target) as partial, partial.open("w", encoding="utf-8", errors="replace", newline="") as file:
            csv.writer(file).writerows([_field(value) for value in row] for row in [self.columns, *self.rows])
        return target


def shown(value: Value) -> str:
    """A value as the page shows it: 0.123456 as "0.1235", 12345.678 as "12350", None as "-"."""
    if value is None:
        return NOT_COMPUTED
    if not isinstance(value, float):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if 1e-4 <= abs(value) < 1e6:
        return format(float(f"{value:.4g}"), "f").rstrip("0").rstrip(".")
    return f"{value:.3e}"


def _field(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    line = "".join(character if character.isprintable() else " " for character in value)
    return f"'{line}" if line[:1] in {"=", "+", "-", "@"} else line
