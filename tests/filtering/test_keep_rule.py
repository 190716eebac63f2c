import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.errors import ConfigError
from video_ktr.filtering.keep_rule import KeepRule, accuracy, exact


def scores(right, trials):
    return [1.0] * right + [0.0] * (trials - right)


def test_of_eight_trials_two_to_six_right_are_kept():
    verdicts = [KeepRule().verdict(scores(right, 8)) for right in range(9)]
    assert verdicts == ["too hard"] * 2 + ["kept"] * 5 + ["too easy"] * 2


@pytest.mark.parametrize(("right", "verdict"), [(1, "too hard"), (2, "kept"), (8, "kept"), (9, "too easy")])
def test_both_ends_are_kept(right, verdict):
    assert KeepRule().verdict(scores(right, 10)) == verdict


def test_graded_scores_on_the_edge_are_kept_where_floats_would_lose_them():
    assert math.fsum([0.8] * 8) / 8 > Fraction(4, 5)
    assert KeepRule().verdict([0.8] * 8) == KeepRule().verdict([0.2] * 8) == "kept"
    assert KeepRule().verdict([0.1, 0.3]) == "kept"
    assert KeepRule().verdict([0.8, 0.8000000000000002]) == "too easy"


@given(st.integers(1, 64).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.data())
def test_agrees_with_whole_number_arithmetic(right_of, data):
    right, trials = right_of
    low, high = sorted(data.draw(st.tuples(st.integers(0, 100), st.integers(0, 100))))
    verdict = KeepRule(low=low / 100, high=high / 100).verdict(scores(right, trials))
    expected = "too hard" if 100 * right < low * trials else "too easy" if 100 * right > high * trials else "kept"
    assert verdict == expected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=16))
def test_accuracy_does_not_depend_on_the_order_of_trials(values):
    assert accuracy(values) == accuracy(sorted(values))
    assert min(map(exact, values)) <= accuracy(values) <= max(map(exact, values))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_exact_is_the_written_number(value):
    assert float(exact(value)) == value
    assert exact(0.2) == Fraction(1, 5)


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.5), (0.6, 0.5), (0.5, 1.1), (math.nan, 0.5), (0.5, math.nan)])
def test_bounds_out_of_range_are_refused(low, high):
    with pytest.raises(ConfigError, match="0 <= low <= high <= 1"):
        KeepRule(low=low, high=high)
