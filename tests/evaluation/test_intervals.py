import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.errors import ConfigError
from video_ktr.evaluation import wilson_interval


def test_by_hand():
    # z = 1.96, z^2 = 3.8415. 8 of 10: centre (0.8 + 0.19207) / 1.38415 = 0.71674,
    # half-width 1.95996 * sqrt(0.016 + 0.0096036) / 1.38415 = 0.22657.
    assert wilson_interval(8, 10) == pytest.approx((0.49016, 0.94331), abs=1e-4)
    # None of 10: z^2 / (10 + z^2) = 0.27753.
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.27753), abs=1e-4)
    assert wilson_interval(10, 10) == pytest.approx((0.72247, 1.0), abs=1e-4)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.999))
def test_the_measured_share_lies_inside(counts, confidence):
    correct, total = counts
    low, high = wilson_interval(correct, total, confidence)
    assert 0 <= low <= correct / total + 1e-12
    assert correct / total - 1e-12 <= high <= 1
    mirrored = wilson_interval(total - correct, total, confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize(
    ("correct", "total", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0), (1, 2, math.nan)]
)
def test_impossible_input_is_refused(correct, total, confidence):
    with pytest.raises(ConfigError):
        wilson_interval(correct, total, confidence)
