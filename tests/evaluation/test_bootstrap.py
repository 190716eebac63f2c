import math

import numpy as np
import pytest

from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.bootstrap import bootstrap_average


def grouped(**scores):
    return [({"task": task}, score) for task, values in scores.items() for score in values]


def test_a_micro_interval_is_near_the_normal_one():
    found = bootstrap_average(grouped(a=[1.0] * 300 + [0.0] * 100), "micro")
    half = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert (found.value, found.n, found.interval) == (0.75, 400, "bootstrap")
    assert found.low == pytest.approx(0.75 - half, abs=0.006)
    assert found.high == pytest.approx(0.75 + half, abs=0.006)


def test_a_macro_average_weighs_groups_alike_and_draws_within_them():
    # Task a: 1 of 1; task b: 50 of 100. Macro (1 + 0.5) / 2; only b varies, with half the weight.
    found = bootstrap_average(grouped(a=[1.0], b=[1.0, 0.0] * 50), "macro:task")
    assert found.value == 0.75
    half = 1.96 * math.sqrt(0.25 / 100) / 2
    assert (found.low, found.high) == pytest.approx((0.75 - half, 0.75 + half), abs=0.008)


def test_nested_groups_weigh_as_the_average_does():
    rows = [({"task": "x", "kind": "1"}, 1.0), ({"task": "x", "kind": "2"}, 0.0), ({"task": "y", "kind": "3"}, 1.0)]
    found = bootstrap_average([*rows, rows[0]], "macro:task/kind")
    # x: (1 + 0) / 2, y: 1. No cell varies.
    assert (found.value, found.low, found.high) == pytest.approx((0.75, 0.75, 0.75))


def test_differences_may_be_negative():
    found = bootstrap_average(grouped(a=[-1.0, 0.0, 0.0, 1.0] * 25), "micro")
    assert found.value == 0
    assert found.low < 0 < found.high


def test_equal_seeds_give_equal_intervals():
    rows = grouped(a=list(np.linspace(0, 1, 11)))
    assert bootstrap_average(rows, "micro", seed=3) == bootstrap_average(rows, "micro", seed=3)
    assert bootstrap_average(rows, "micro", seed=3) != bootstrap_average(rows, "micro", seed=4)


def test_no_rows_and_unknown_averages_are_refused():
    with pytest.raises(DataError, match="no score"):
        bootstrap_average([], "micro")
    with pytest.raises(ConfigError, match="median"):
        bootstrap_average(grouped(a=[1.0]), "median")
