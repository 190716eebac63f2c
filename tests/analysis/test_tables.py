import csv

import pytest

from video_ktr.analysis.tables import Table, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("word", "word"),
        (12345678, "12345678"),
        (3.0, "3"),
        (0.123456, "0.1235"),
        (12345.678, "12350"),
        (-0.5, "-0.5"),
        (0.0, "0"),
        (0.00001234, "1.234e-05"),
        (12345678.9, "1.235e+07"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_are_shown_with_four_digits(value, text):
    assert shown(value) == text


def test_csv_holds_numbers_in_full_and_no_formula(tmp_path):
    rows = (("=1+1", 1 / 3, None), ("@a\nb", 2, -0.5), ("-", 0.1, 1))
    path = Table(name="words", title="", columns=("word", "share", "z"), rows=rows).write_csv(tmp_path)
    assert path == tmp_path / "words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["word", "share", "z"],
            ["'=1+1", repr(1 / 3), ""],
            ["'@a b", "2", "-0.5"],
            ["'-", "0.1", "1"],
        ]
    assert [path.name for path in tmp_path.iterdir()] == ["words.csv"]


def test_half_a_surrogate_pair_can_be_written(tmp_path):
    path = Table(name="t", title="", columns=("word",), rows=(("a\ud800",),)).write_csv(tmp_path)
    assert path.read_text(encoding="utf-8").splitlines() == ["word", "a "]


def test_columns_that_hold_text():
    table = Table(name="t", title="", columns=("a", "b", "c"), rows=((1, None, 2.0), (1, "x", None)))
    assert table.text_columns() == {1}
    assert table.shown_rows() == [["1", "-", "2"], ["1", "x", "-"]]
