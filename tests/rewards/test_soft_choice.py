import pytest

from video_ktr.rewards import origin_accuracy_reward, soft_choice_reward
from video_ktr.rewards.soft_choice import soft_choice


@pytest.mark.parametrize(
    ("prediction", "truth", "expected"),
    [
        ("A,C", "A,C", 1.0),
        ("C, A", "A,C", 1.0),
        ("A", "A,C", 1 / 2),
        ("A,B", "A,B,C,D", 2 / 4),
        ("A,A", "A,C", 1 / 2),  # a repeat does not count
        ("A,B", "A,C", 0.0),  # one wrong entry
        ("A,B,C", "A,C", 0.0),
        ("A,", "A,C", 0.0),  # an empty entry is wrong
        ("a", "A", 0.0),
        ("AC", "A,C", 0.0),
        ("", "A", 0.0),
        ("", "A,", 0.0),
        ("A", "A,", 1.0),
        ("A", ",", None),
        ("A", "", None),
    ],
)
def test_the_share_of_right_entries(prediction, truth, expected):
    assert soft_choice(prediction, truth) == expected


@pytest.mark.parametrize(
    ("kind", "output", "truth", "expected"),
    [
        ("multiple choice", "<think>x</think><answer>A</answer>", "<answer>A,C</answer>", 0.5),
        ("multiple choice", "A", "A,C", 0.5),  # without tags the whole output
        ("multiple choice", "It is A", "A", 0.0),
        ("multiple choice", "A <answer></answer>", "A", 0.0),  # an empty answer is one
        ("numerical", "<answer>3.0</answer>", "3", 1.0),  # unlike accuracy
        ("numerical", "3.1400001", "3.14", 1.0),
        ("numerical", "<answer>3.14001</answer>", "3.14", 0.0),
        ("numerical", "<answer>1/2</answer>", "0.5", 0.0),
        ("numerical", "<answer>3</answer>", "three", None),
        ("regression", "<answer>8</answer>", "10", 0.8),
        ("regression", "8", "10", 0.0),  # as accuracy: no tags, no answer
        ("temporal grounding", "<answer>0 - 10</answer>", "5 - 15", 1 / 3),
        ("essay", "<answer>A</answer>", "A", None),
        ("OCR", "<answer>A</answer>", "", None),
    ],
)
def test_every_row_by_its_type_and_the_binary_control(kind, output, truth, expected):
    logged = []
    columns = {"completions": [output], "solution": [truth], "problem_type": [kind], "prompts": ["p"]}
    [soft] = soft_choice_reward(**columns, log_metric=lambda *pair: logged.append(pair))
    [hard] = origin_accuracy_reward(**columns, log_metric=lambda *pair: logged.append(pair))
    assert soft == (None if expected is None else pytest.approx(expected))
    assert hard == (None if expected is None else float(expected == 1.0))
    assert logged == [("unscorable", float(expected is None))] * 2
