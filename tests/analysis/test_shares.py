import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.analysis.shares import Share, share_of


def test_by_hand():
    # R = 4/20; residuals 1 - 2 = -1 and 3 - 2 = 1; standard error = sqrt(2/1 * 2) / 20 = 0.1.
    share = share_of([1, 3], [10, 10])
    assert share.value == pytest.approx(0.2)
    assert share.low == pytest.approx(0.2 - 0.1959964)
    assert share.high == pytest.approx(0.2 + 0.1959964)


def test_a_mean_over_tokens_not_over_questions():
    assert share_of([1, 0], [1, 9]).value == pytest.approx(0.1)


def test_no_interval_where_there_is_nothing_to_tell_it_from():
    assert share_of([], []) == Share(value=None, low=None, high=None)
    assert share_of([0, 0], [0, 0]) == Share(value=None, low=None, high=None)
    assert share_of([1, 0], [4, 0]) == Share(value=0.25, low=None, high=None)
    assert share_of([1, 2], [4, 8]) == Share(value=0.25, low=None, high=None)


@given(st.lists(st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=8))
def test_the_interval_holds_the_share_and_stays_a_share(counts):
    share = share_of([part for part, _ in counts], [whole for _, whole in counts])
    if share.low is not None:
        assert 0 <= share.low < share.value < share.high <= 1
    assert (share.value is None) == (sum(whole for _, whole in counts) == 0)
