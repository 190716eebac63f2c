import csv

import pytest

from video_ktr.study.tables import Table, percent, points, probability


def test_markdown_keeps_text_in_its_place():
    table = Table(columns=["a", "b"], rows=[["x|y", "<img src=x>\n`c`"]])
    assert table.markdown() == "| a | b |\n| --- | --- |\n| x\\|y | &lt;img src=x> \\`c\\` |"


def test_csv_reads_back(tmp_path):
    table = Table(columns=["a", "b"], rows=[['x,"y"', "2"]])
    table.write_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["a", "b"], ['x,"y"', "2"]]


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (percent(0.7125), "71.2"),
        (points(0.031), "+3.1"),
        (points(-0.2), "-20.0"),
        (probability(0.6249), "0.62"),
        (probability(0.0314), "0.031"),
        (probability(0.0004), "below 0.001"),
    ],
)
def test_numbers(shown, text):
    assert shown == text
