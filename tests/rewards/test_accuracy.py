import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.sample import PROBLEM_TYPES
from video_ktr.rewards import accuracy_reward
from video_ktr.rewards.accuracy import score_accuracy


@pytest.mark.parametrize(
    ("kind", "prediction", "truth", "expected"),
    [
        ("multiple choice", "A", "A", 1.0),
        ("multiple choice", "A.", "A", 0.0),
        ("multiple choice", "a", "A", 0.0),
        ("multiple choice", "", "A", 0.0),
        ("numerical", "3", "3", 1.0),
        ("numerical", "3.0", "3", 0.0),
        ("numerical", "3", "3.0", 0.0),
        ("numerical", "3.00", "3.0", 1.0),
        ("numerical", "3.141", "3.14", 1.0),
        ("numerical", "3.15", "3.14", 0.0),
        ("numerical", "1,000", "1000.0", 1.0),  # both hold a mark
        ("numerical", "1,000", "1000", 0.0),
        ("numerical", "three", "3", 0.0),
        ("numerical", "", "3", 0.0),
        ("numerical", "nan", "3", 0.0),
        ("numerical", "3", "three", None),
        ("numerical", "inf", "inf", None),
        ("regression", "8", "10", 0.8),
        ("regression", "12", "10", 0.8),
        ("regression", "10", "10", 1.0),
        ("regression", "30", "10", 0.0),
        ("regression", "-1e308", "10", 0.0),
        ("regression", "0", "0", 0.0),  # the two 1e-9 make the relative error 1
        ("regression", "ten", "10", 0.0),
        ("regression", "10", "ten", None),
        ("OCR", "the quick fox", "the quick fox", 1.0),
        ("OCR", "the  quick\nfox", "the quick fox", 1.0),
        ("OCR", "the slow fox", "the quick fox", 2 / 3),
        ("OCR", "a b c d", "x", 0.0),  # an error rate of 4
        ("OCR", "", "the quick fox", 0.0),
        ("free-form", "the cat runs", "the cat runs", 1.0),
        ("free-form", "cat", "cat", 2 / 3),  # no pair of words for ROUGE-2
        # one of two words, no pair, one in order: F1 of 0.5, 0, 0.5
        ("free-form", "red dog", "red cat", 1 / 3),
        ("free-form", "", "red cat", 0.0),
        ("free-form", "猫", "猫", None),
        ("temporal grounding", "0 - 10", "5 - 15", 1 / 3),
        ("temporal grounding", "15 - 5", "5 - 15", 0.0),
        ("temporal grounding", "5 - 15", "15 - 5", None),
        ("caption", "cat", "cat", 1.0),
        ("caption", "red dog", "red cat", 0.5),
        ("caption", "", "red cat", 0.0),
        ("caption", "猫", "猫", None),
        ("OCR", "x", " ", None),
        ("essay", "A", "A", None),
        ("", "A", "A", None),
        ("multiple choice", "A", "", None),
    ],
)
def test_the_reward_table(kind, prediction, truth, expected):
    score = score_accuracy(prediction, truth, kind)
    assert score == (expected if expected is None else pytest.approx(expected, abs=1e-8))


def test_each_row_has_its_own_problem_type():
    completions = [
        "<think>x</think><answer>B</answer>",
        [{"role": "assistant", "content": "<answer>3.0</answer>"}],
        "<answer>8</answer>",
        "B",
        "<answer>B</answer>",
        "<answer>0 to 10 s</answer>",
        "<answer>red cat</answer>",
    ]
    rewards = accuracy_reward(
        completions=completions,
        solution=["<answer>B</answer>", "<answer>3</answer>", "10", "B", "<answer></answer>", "5 - 15", "cat"],
        problem_type=["multiple choice", "numerical", "regression", *["multiple choice"] * 2, *PROBLEM_TYPES[-2:]],
        prompts=["p"] * 7,
        completion_ids=[[1]] * 7,
    )
    assert rewards == [1.0, 0.0, pytest.approx(0.8), 0.0, None, pytest.approx(1 / 3), pytest.approx(2 / 3)]


def test_what_cannot_be_scored_is_counted():
    logged = {}
    accuracy_reward(["a", "b"], ["A", None], ["multiple choice"] * 2, log_metric=logged.__setitem__)
    assert logged == {"unscorable": 0.5}


@given(
    output=st.text() | st.text().map("<answer>{}</answer>".format), truth=st.text(), kind=st.sampled_from(PROBLEM_TYPES)
)
def test_no_output_raises_or_leaves_the_range(output, truth, kind):
    [reward] = accuracy_reward([output], [truth], [kind])
    assert reward is None or 0.0 <= reward <= 1.0


@given(
    prediction=st.from_regex(r"[-+]?[0-9,.]{0,6}(e[0-9]{1,4})?", fullmatch=True),
    truth=st.from_regex(r"[-+]?[0-9,.]{0,6}(e[0-9]{1,4})?", fullmatch=True),
    kind=st.sampled_from(["numerical", "regression"]),
)
def test_wild_numbers_stay_in_range(prediction, truth, kind):
    reward = score_accuracy(prediction, truth, kind)
    assert reward is None or 0.0 <= reward <= 1.0
