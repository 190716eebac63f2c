import pytest

pytestmark = pytest.mark.usefixtures("benchmark_modules")


@pytest.fixture
def measured():
    from measure import Measurement

    return Measurement


def test_ratios_are_paired_by_turn(measured):
    from measure import paired_ratio

    # Turns: (1 + 2) / 6 and (2 + 4) / 8, of which the median is (0.5 + 0.75) / 2.
    top = [measured([1.0, 2.0], [0, 0]), measured([2.0, 4.0], [0, 0])]
    assert paired_ratio(top, [measured([6.0, 8.0], [0, 0])]) == pytest.approx(0.625)


def test_peak_of_pieces_that_follow_each_other_is_the_highest(measured):
    from measure import peak_ratio

    top = [measured([1.0], [2**20]), measured([1.0], [3 * 2**20])]
    assert peak_ratio(top, [measured([1.0], [4 * 2**20])]) == pytest.approx(0.75)


def test_a_piece_counts_after_the_turn_that_warms_up():
    from measure import alternate

    order = []
    results = alternate({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert order == ["a", "b"] * 3
    assert [len(m.seconds) for m in results.values()] == [2, 2]
