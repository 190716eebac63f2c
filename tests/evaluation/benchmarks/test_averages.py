import pytest

from video_ktr.errors import ConfigError
from video_ktr.evaluation.benchmarks.averages import average

ROWS = [
    ({"task": "x", "part": "1"}, 1.0),
    ({"task": "x", "part": "1"}, 1.0),
    ({"task": "x", "part": "2"}, 0.0),
    ({"task": "y", "part": "1"}, 0.5),
]


@pytest.mark.parametrize(
    ("headline", "value"),
    [
        ("micro", 2.5 / 4),
        ("macro:task", (2 / 3 + 1 / 2) / 2),
        ("macro:part", (2.5 / 3 + 0) / 2),
        ("macro:task/part", ((1 + 0) / 2 + 1 / 2) / 2),
        ("macro:colour", 2.5 / 4),  # one value, unknown
    ],
)
def test_averages_by_hand(headline, value):
    assert average(ROWS, headline) == pytest.approx(value)


def test_without_rows_there_is_none():
    assert average([], "micro") is None


@pytest.mark.parametrize("headline", ["macro", "macro:", "micro:task", "mean", ""])
def test_an_unknown_average_is_told(headline):
    with pytest.raises(ConfigError, match="use micro, macro:GROUP"):
        average(ROWS, headline)
