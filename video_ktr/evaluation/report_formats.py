"""A report table written as Markdown, CSV, LaTeX or for a terminal; text of results is escaped in each."""

import csv
import io
from collections.abc import Callable
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from video_ktr.evaluation.report_table import Cell, ReportTable, TableRow

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # At the beginning of a row these two would belong to the two backslashes before.
    "[": "{[}",
    "*": "{*}",
}
_MARKDOWN = frozenset("\\`*_{}[]()<>#|!&~")
_HEAD = ("Model", "Size", "Frames")
NONE = "-"


def one_line(text: str) -> str:
    """The text with what is not printable, line ends too, replaced by a blank."""
    return "".join(character if character.isprintable() else " " for character in text)


def escape_latex(text: str) -> str:
    """The text as LaTeX shows it, on one line."""
    return "".join(_LATEX.get(character, character) for character in one_line(text))


def escape_markdown(text: str) -> str:
    """The text as Markdown shows it, on one line: neither mark-up nor HTML nor a column's end."""
    return "".join(f"\\{character}" if character in _MARKDOWN else character for character in one_line(text))


def escape_csv(text: str) -> str:
    """The text as a spreadsheet shows it, on one line: never a formula. Quotes are left to the csv module."""
    plain = one_line(text)
    return f"'{plain}" if plain[:1] in {"=", "+", "-", "@"} else plain


def to_markdown(table: ReportTable) -> str:
    """A heading, the table with a row for each section, and the notes as a list."""
    head = [*_HEAD, *map(escape_markdown, table.columns.values())]
    lines = [f"## {escape_markdown(table.title)}", "", _pipes(head)]
    lines.append(_pipes([*["---"] * len(_HEAD), *["---:"] * len(table.columns)]))
    for section, rows in groupby(table.rows, key=lambda row: row.section):
        lines.append(_pipes([f"**{escape_markdown(section)}**", *[""] * (len(head) - 1)]))
        lines += [_pipes([escape_markdown(text) for text in _texts(table, row)]) for row in rows]
    notes = [f"{number}. {escape_markdown(note)}" for number, note in enumerate(table.notes, 1)]
    return "\n".join([*lines, "", *notes]) + "\n"


def to_csv(table: ReportTable) -> str:
    """A line for each model, with value, low, high and n of each benchmark; `source` tells published rows."""
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    parts = ("value", "low", "high", "n")
    writer.writerow(["source", "model", "size", "frames", *(f"{name} {p}" for name in table.columns for p in parts)])
    for row in table.rows:
        numbers = [_numbers(row.cells.get(name), table.decimals) for name in table.columns]
        source = f"published, {row.source}" if row.source else "own"
        texts = [escape_csv(text) for text in (source, row.model, row.size, row.frames)]
        writer.writerow([*texts, *(number for four in numbers for number in four)])
    return handle.getvalue()


def to_latex(table: ReportTable) -> str:
    """A tabular that needs no package; sections and notes stand in rows over its whole width."""
    width = len(_HEAD) + len(table.columns)

    def across(text: str) -> str:
        return rf"\multicolumn{{{width}}}{{l}}{{{text}}} \\"

    def cells(row: TableRow) -> str:
        return " & ".join(map(escape_latex, _texts(table, row))) + r" \\"

    spans = [rf"\multicolumn{{{number}}}{{c}}{{{escape_latex(name)}}}" for name, number in table.headings]
    lines = [rf"\begin{{tabular}}{{{'l' * len(_HEAD)}{'r' * len(table.columns)}}}", r"\hline"]
    lines.append(" & ".join(["", "", "", *spans]).strip() + r" \\")
    lines.append(" & ".join(map(escape_latex, [*_HEAD, *table.columns.values()])) + r" \\")
    for section, rows in groupby(table.rows, key=lambda row: row.section):
        lines += [r"\hline", across(rf"\emph{{{escape_latex(section)}}}"), *map(cells, rows)]
    notes = [across(rf"\footnotesize {number}. {escape_latex(note)}") for number, note in enumerate(table.notes, 1)]
    return "\n".join([*lines, r"\hline", *notes, r"\end{tabular}"]) + "\n"


def to_terminal(table: ReportTable, width: int) -> str:
    """The table drawn with lines, at most `width` columns wide, and its notes."""
    drawn = Table(title=Text(table.title), title_justify="left")
    for name in _HEAD:
        drawn.add_column(name)
    for title in table.columns.values():
        drawn.add_column(Text(one_line(title)), justify="right")
    for section, rows in groupby(table.rows, key=lambda row: row.section):
        drawn.add_section()
        drawn.add_row(Text(one_line(section), style="bold"))
        for row in rows:
            drawn.add_row(*(Text(one_line(text)) for text in _texts(table, row)))
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(drawn)
        for number, note in enumerate(table.notes, 1):
            console.print(Text(f"{number}. {one_line(note)}"))
    return capture.get().rstrip("\n")


FORMATS: dict[str, Callable[[ReportTable], str]] = {"md": to_markdown, "csv": to_csv, "tex": to_latex}
"""By the suffix of the file."""


def _texts(table: ReportTable, row: TableRow) -> list[str]:
    cells = [_shown(row.cells.get(name), table.decimals) for name in table.columns]
    return [row.model, row.size or NONE, row.frames or NONE, *cells]


def _shown(cell: Cell | None, decimals: int) -> str:
    """Example: ``41.6 [39.4, 43.9] (2)``, the last being the number of the note."""
    if cell is None:
        return NONE
    value, low, high, _ = _numbers(cell, decimals)
    interval = f" [{low}, {high}]" if low else ""
    return f"{value}{interval}" + (f" ({cell.note})" if cell.note else "")


def _numbers(cell: Cell | None, decimals: int) -> tuple[str, str, str, str]:
    if cell is None:
        return "", "", "", ""
    value, low, high = ("" if x is None else f"{x:.{decimals}f}" for x in (cell.value, cell.low, cell.high))
    return value, low, high, "" if cell.n is None else str(cell.n)


def _pipes(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"
