from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.results import result, row
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.compare import compare_results, exact_mcnemar


def test_mcnemar_by_hand():
    # 2 (1 + 6) / 64 and 2 / 2^10.
    assert exact_mcnemar(1, 5) == exact_mcnemar(5, 1) == 0.21875
    assert exact_mcnemar(0, 10) == 2 / 1024
    assert exact_mcnemar(0, 0) == exact_mcnemar(4, 4) == 1.0
    # Too many questions for a float of 2 ** n.
    assert 0 < exact_mcnemar(3600, 3900) < 0.001


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_tail(first, second):
    n = first + second
    tail = sum(comb(n, k) for k in range(min(first, second) + 1)) / 2**n
    assert exact_mcnemar(first, second) == pytest.approx(min(1.0, 2 * tail))


def two(tmp_path, first, second):
    a = result(tmp_path / "a", [row(str(i), float(score)) for i, score in enumerate(first)])
    return a, result(tmp_path / "b", [row(str(i), float(score)) for i, score in enumerate(second)])


def test_a_clear_difference_is_told(tmp_path):
    a, b = two(tmp_path, [0] * 20 + [1] * 20, [1] * 36 + [0] * 4)
    found = compare_results(a, b)
    assert (found.first, found.second, found.n) == (0.5, 0.9, 40)
    assert found.difference.value == pytest.approx(0.4)
    assert (found.only_first_right, found.only_second_right) == (4, 20)
    assert found.p_value == exact_mcnemar(4, 20) < 0.01
    assert 0 < found.difference.low < 0.4 < found.difference.high
    assert found.verdict == "B is higher by 40.0 points, outside the noise of 40 questions"
    back = compare_results(b, a)
    assert back.difference.value == -found.difference.value
    assert back.verdict.startswith("A is higher by 40.0 points")


def test_a_difference_inside_the_noise_is_no_win(tmp_path):
    found = compare_results(*two(tmp_path, [0, 0, 0, 1], [1, 1, 1, 1]))
    # The bootstrap alone would call it: p = 2 / 8.
    assert (found.p_value, found.difference.low > 0) == (0.25, True)
    assert found.verdict == "no difference can be told: 75.0 points are inside the noise of 4 questions"
    same = compare_results(*two(tmp_path, [1, 0], [1, 0]))
    assert (same.difference.value, same.decided) == (0.0, False)


def test_questions_that_are_not_shared_or_scored_are_named(tmp_path):
    unscored = row("4", scores={"video_r1": 1.0, "official": None, "lenient": None})
    a = result(tmp_path / "a", [row("1"), row("2"), row("4")])
    b = result(tmp_path / "b", [row("2", 0.0), row("3"), unscored])
    found = compare_results(a, b, "official")
    assert found.left_out == {"only in A": ["1"], "only in B": ["3"], "not scored": ["4"]}
    assert (found.n, found.first, found.second) == (1, 1.0, 0.0)


def test_a_macro_headline_is_compared_as_such(tmp_path):
    def rows(scores):
        tasks = [("counting", scores[:1]), ("rel", scores[1:])]
        flat = [(task, score) for task, part in tasks for score in part]
        groups = [{"task": task, "question_type": task, "measure": task} for task, _ in flat]
        return [row(str(i), score, groups=groups[i]) for i, (_, score) in enumerate(flat)]

    a = result(tmp_path / "a", rows([0.0, 0.0, 0.0, 0.0, 0.0]), benchmark="vsibench")
    b = result(tmp_path / "b", rows([0.5, 0.0, 0.0, 0.0, 1.0]), benchmark="vsibench")
    found = compare_results(a, b)
    # Counting +0.5, the other +1/4: their mean; over questions it would be 0.3.
    assert (found.difference.name, found.difference.value) == ("macro:measure", 0.375)


def test_what_cannot_be_compared_is_refused(tmp_path):
    a = result(tmp_path / "a", [row("1")])
    groups = {"discipline": "Art", "subject": "Art"}
    with pytest.raises(ConfigError, match="is a result on 'mmvu'"):
        compare_results(a, result(tmp_path / "b", [row("1", groups=groups)], benchmark="mmvu"))
    with pytest.raises(DataError, match="shares no scored question"):
        compare_results(a, result(tmp_path / "c", [row("2")]))
    with pytest.raises(DataError, match="right answer of question '1' is another"):
        compare_results(a, result(tmp_path / "d", [row("1", solution="<answer>C</answer>")]))
    with pytest.raises(ConfigError, match="no scores by the rule 'strict'"):
        compare_results(a, a, "strict")
