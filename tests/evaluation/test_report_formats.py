import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.evaluation.report_formats import (
    escape_csv,
    escape_latex,
    escape_markdown,
    to_csv,
    to_latex,
    to_markdown,
    to_terminal,
)
from video_ktr.evaluation.report_table import Cell, ReportTable, TableRow

WILD = st.text(max_size=40) | st.text(alphabet="\\{}$&#%_~^<>|[]*`!()=+-@\n\r\"',a", max_size=40)


def table(model="our_model"):
    rows = [
        TableRow(section="Old (published, Table 1)", source="Table 1", model="X", cells={"a": Cell(value=41.6)}),
        TableRow(
            section="These results",
            source="",
            model=model,
            frames="16",
            cells={"a": Cell(value=50.0, low=40.04, high=59.96, n=100, note=1)},
        ),
    ]
    columns = {"a": "Bench A", "b": "Bench_B"}
    return ReportTable(title="T", columns=columns, headings=[("Both", 2)], rows=rows, notes=["50 % of it"])


def test_markdown():
    assert to_markdown(table()).splitlines() == [
        "## T",
        "",
        r"| Model | Size | Frames | Bench A | Bench\_B |",
        "| --- | --- | --- | ---: | ---: |",
        r"| **Old \(published, Table 1\)** |  |  |  |  |",
        "| X | - | - | 41.6 | - |",
        "| **These results** |  |  |  |  |",
        r"| our\_model | - | 16 | 50.0 \[40.0, 60.0\] \(1\) | - |",
        "",
        "1. 50 % of it",
    ]


def test_csv():
    assert list(csv.reader(io.StringIO(to_csv(table("a,b"))))) == [
        ["source", "model", "size", "frames", "a value", "a low", "a high", "a n", "b value", "b low", "b high", "b n"],
        ["published, Table 1", "X", "", "", "41.6", "", "", "", "", "", "", ""],
        ["own", "a,b", "", "16", "50.0", "40.0", "60.0", "100", "", "", "", ""],
    ]


def test_latex():
    assert to_latex(table()).splitlines() == [
        r"\begin{tabular}{lllrr}",
        r"\hline",
        r"&  &  & \multicolumn{2}{c}{Both} \\",
        r"Model & Size & Frames & Bench A & Bench\_B \\",
        r"\hline",
        r"\multicolumn{5}{l}{\emph{Old (published, Table 1)}} \\",
        r"X & - & - & 41.6 & - \\",
        r"\hline",
        r"\multicolumn{5}{l}{\emph{These results}} \\",
        r"our\_model & - & 16 & 50.0 {[}40.0, 60.0] (1) & - \\",
        r"\hline",
        r"\multicolumn{5}{l}{\footnotesize 1. 50 \% of it} \\",
        r"\end{tabular}",
    ]


def test_terminal():
    shown = to_terminal(table("[red]our\u001b[2J"), 100)
    # Neither rich's mark-up nor the terminal's.
    assert "[red]our [2J" in shown
    assert "50.0 [40.0, 60.0] (1)" in shown
    assert shown.endswith("1. 50 % of it")


@given(WILD)
def test_latex_holds_no_live_character(text):
    escaped = escape_latex(text)
    known = r"\\(?:textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}|\\[{}$&#%_]|\{[*\[]\}"
    rest = re.sub(known, "", escaped)
    assert not set(rest) & set("\\{}$&#%_~^<>|[*\n\r")
    assert "\n" not in escaped


@given(WILD)
def test_a_name_stays_in_its_cell_of_a_markdown_table(text):
    line = to_markdown(table(text)).splitlines()[7]
    cells = re.split(r"(?<!\\)(?:\\\\)*\|", line)
    assert len(cells) == 7
    assert not re.search(r"(?<!\\)(?:\\\\)*[<`]", escape_markdown(text))


@given(WILD)
def test_a_name_stays_in_its_cell_of_a_csv_and_is_no_formula(text):
    row = list(csv.reader(io.StringIO(to_csv(table(text)))))[2]
    assert (len(row), row[1]) == (12, escape_csv(text))
    assert row[1][:1] not in {"=", "+", "-", "@"}


@pytest.mark.parametrize("text", ["a\ud800b", "a\u202eb", "a\u2028b"])
def test_what_cannot_be_printed_is_a_blank(text):
    assert escape_latex(text) == escape_markdown(text) == escape_csv(text) == "a b"
