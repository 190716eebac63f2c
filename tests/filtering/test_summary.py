from collections import Counter
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tests.data.test_keyed_samples import SAMPLE
from video_ktr.data.keyed_samples import keyed
from video_ktr.filtering.summary import HEADINGS, count_by_type, markdown, screen_table

QUESTIONS = keyed([SAMPLE, replace(SAMPLE, problem_type="OCR"), SAMPLE], [Path("/data")])
COUNTS = count_by_type(QUESTIONS, ["kept", "unreadable", "too hard"])


def test_reasons_are_counted_by_type_and_in_all():
    assert list(COUNTS.items()) == [
        ("multiple choice", Counter({"kept": 1, "too hard": 1})),
        ("OCR", Counter({"unreadable": 1})),
        ("all", Counter({"kept": 1, "too hard": 1, "unreadable": 1})),
    ]


def test_the_markdown_table_holds_counts_and_settings():
    text = markdown(COUNTS, {"trials": 8})
    assert "| type | asked | kept | too easy | too hard | unscorable | unreadable | too long |" in text
    assert "| multiple choice | 2 | 1 | 0 | 1 | 0 | 0 | 0 |" in text
    assert "| all | 3 | 1 | 0 | 1 | 0 | 1 | 0 |" in text
    assert '"trials": 8' in text


def test_the_table_fits_a_narrow_terminal():
    console = Console(width=80)
    with console.capture() as captured:
        console.print(screen_table(COUNTS))
    rows = [line.split() for line in captured.get().splitlines()]
    assert " ".join(HEADINGS).split() in rows
    assert ["all", "3", "1", "0", "1", "0", "1", "0"] in rows
