import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.errors import ConfigError, DataError
from video_ktr.study.statistics import crossed_bootstrap, detectable, holm, sign_flip_p, smallest_p, spread

DIFFERENCES = st.lists(st.integers(-50, 50).map(lambda n: n / 1000), min_size=1, max_size=10)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1, 2, 3], 2 / 8),
        # 3 +- 1 +- 2 with all signs: sums 6, 4, 2, 0 and their opposites; four of eight are 4 or more away from 0.
        ([-1, 2, 3], 4 / 8),
        ([0.1, 0.2, -0.3], 1.0),
        ([5], 1.0),
        ([0.1] * 10, 2 / 1024),
        # 9 of one sign and one against it: the two patterns of all equal signs and the twenty of one exception.
        ([0.1] * 9 + [-0.1], 22 / 1024),
    ],
)
def test_exact_sign_flips_by_hand(differences, p):
    assert sign_flip_p(differences) == pytest.approx(p, abs=1e-12)


@given(st.integers(1, 25))
def test_equal_arms_have_p_one(pairs):
    assert sign_flip_p([0.0] * pairs) == 1.0


@given(DIFFERENCES)
def test_exchanging_the_arms_changes_nothing(differences):
    p = sign_flip_p(differences)
    assert sign_flip_p([-value for value in differences]) == p
    assert sign_flip_p(differences[::-1]) == pytest.approx(p)
    assert smallest_p(len(differences)) <= p <= 1


@given(DIFFERENCES, st.floats(0.01, 100))
def test_the_unit_changes_nothing(differences, factor):
    assert sign_flip_p([factor * value for value in differences]) == pytest.approx(sign_flip_p(differences))


def test_many_pairs_are_drawn_and_agree_with_the_normal_law():
    # 25 differences of size 1, 20 of them up: the sum is 15, P(|S| >= 15) is binomial.
    exact = 2 * sum(math.comb(25, k) for k in range(20, 26)) / 2**25
    assert sign_flip_p([1.0] * 20 + [-1.0] * 5) == pytest.approx(exact, abs=5e-4)


def test_no_pair_is_refused():
    with pytest.raises(DataError, match="no pair"):
        sign_flip_p([])


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.02]) == pytest.approx([0.5, 0.04])
    assert holm([]) == []


@given(P_VALUES)
def test_holm_keeps_the_order_and_only_raises(p_values):
    corrected = holm(p_values)
    ranked = [corrected[i] for i in sorted(range(len(p_values)), key=lambda i: p_values[i])]
    assert ranked == sorted(ranked)
    assert all(p <= q <= min(1, len(p_values) * p) + 1e-12 for p, q in zip(p_values, corrected, strict=True))


@given(P_VALUES, st.floats(0, 1))
def test_one_more_comparison_lowers_no_p(p_values, another):
    before, after = holm(p_values), holm([*p_values, another])
    assert all(x <= y for x, y in zip(before, after[:-1], strict=True))


def test_interval_of_equal_differences_is_a_point():
    assert crossed_bootstrap([np.full((4, 50), 0.25), np.full((2, 30), 0.25)]) == pytest.approx((0.25, 0.25))


def test_interval_over_pairs_alone_by_hand():
    # Two pairs, 0 and 1: the mean of two draws is 0, 1/2 or 1 with probability 1/4, 1/2, 1/4.
    assert crossed_bootstrap([np.array([[0.0], [1.0]])]) == (0.0, 1.0)


def test_interval_has_the_width_of_both_sources():
    generator = np.random.default_rng(0)
    pairs, questions = 40, 400
    block = generator.normal(0, 0.3, (pairs, 1)) + generator.normal(0, 0.5, (1, questions))
    low, high = crossed_bootstrap([block])
    error = math.sqrt(block.mean(1).var() / pairs + block.mean(0).var() / questions)
    assert low < block.mean() < high
    assert (high - low) / (2 * 1.96) == pytest.approx(error, rel=0.06)


def test_interval_weighs_every_pair_alike():
    blocks = [np.zeros((1, 10)), np.ones((3, 10))]
    assert crossed_bootstrap(blocks) == pytest.approx((0.75, 0.75))


def test_empty_blocks_are_refused():
    with pytest.raises(ConfigError, match="without pairs"):
        crossed_bootstrap([np.zeros((0, 5))])


def test_spread_and_detectable_by_hand():
    assert spread([1.0, 3.0]) == pytest.approx(math.sqrt(2))
    assert spread([1.0]) is None
    # (1.960 + 0.842) x 4 / sqrt(16)
    assert detectable(4.0, 16) == pytest.approx(2.8016, abs=1e-3)
    # level 0.05 / 2 x 5: z(0.995) = 2.5758
    assert detectable(4.0, 16, comparisons=5) == pytest.approx(2.5758 + 0.8416, abs=1e-3)
