import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.rewards import temporal_iou_reward
from video_ktr.rewards.temporal_iou import parse_intervals, temporal_iou


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("3.5 - 7", [(3.5, 7.0)]),
        ("3.5-7", [(3.5, 7.0)]),
        ("3.5 – 7.", [(3.5, 7.0)]),  # noqa: RUF001
        ("3.5 to 7 seconds", [(3.5, 7.0)]),
        ("3.5s to 7.0s.", [(3.5, 7.0)]),
        ("From 3.5 sec to 7 secs", [(3.5, 7.0)]),
        ("00:03.5-00:07", [(3.5, 7.0)]),
        ("1:00:01 - 75:30", [(3601.0, 4530.0)]),
        ("[3.5, 7.0]", [(3.5, 7.0)]),
        ("( .5 until\n7 )", [(0.5, 7.0)]),
        ("3.5 - 7; 9 - 10 and 11-12", [(3.5, 7.0), (9.0, 10.0), (11.0, 12.0)]),
        ("[1, 2] AND [3, 4];", [(1.0, 2.0), (3.0, 4.0)]),
        ("5 - 5", [(5.0, 5.0)]),
        ("", None),
        (";", None),
        ("5", None),
        ("7 - 3.5", None),  # reversed
        ("-3 - 7", None),  # negative
        ("3 - -7", None),
        ("nan - 7", None),
        ("3 - inf", None),
        ("3 - " + "9" * 400, None),  # more than a float holds
        ("3 - 1e3", None),
        ("00:75 - 00:80", None),  # no such second
        ("3 - 7 - 9", None),
        ("3.5 - 7; later", None),
        ("it happens at 3.5 - 7", None),
        ("\u0663 - \u0667", None),
    ],
)
def test_how_intervals_are_read(text, intervals):
    assert parse_intervals(text) == intervals


@pytest.mark.parametrize(
    ("prediction", "truth", "expected"),
    [
        ("3.5 - 7", "3.5 - 7.0", 1.0),
        ("00:03.5 to 00:07", "[3.5, 7]", 1.0),
        ("0 - 10", "5 - 15", 5 / 15),
        ("0 - 5", "5 - 10", 0.0),  # they touch
        ("2 - 4", "0 - 10", 0.2),
        ("0 - 2; 8 - 10", "0 - 4; 8 - 12", 4 / 8),
        ("0 - 4; 2 - 6", "0 - 6", 1.0),  # overlapping intervals count once
        ("8 - 10; 0 - 2", "0 - 2; 8 - 10", 1.0),  # in any order
        ("0 - 1; 2 - 3; 4 - 5", "0 - 5", 3 / 5),
        ("5 - 5", "0 - 10", 0.0),
        ("5 - 5; 0 - 5", "0 - 10", 0.5),
        ("7 - 3.5", "3.5 - 7", 0.0),
        ("", "3.5 - 7", 0.0),
        ("soon", "3.5 - 7", 0.0),
        ("3.5 - 7", "7 - 3.5", None),
        ("3.5 - 7", "soon", None),
        ("3.5 - 7", "", None),
        ("5 - 5", "5 - 5", None),  # an instant overlaps nothing
        ("0 - 10", "5 - 5; 6 - 8", 2 / 10),  # beside a span it adds nothing
    ],
)
def test_overlap_by_hand(prediction, truth, expected):
    score = temporal_iou(prediction, truth)
    assert score == (expected if expected is None else pytest.approx(expected))


interval_sets = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda p: (p[0], sum(p))), min_size=1)


def written(intervals):
    return "; ".join(f"{start} - {end}" for start, end in intervals)


@given(interval_sets, interval_sets)
def test_it_is_the_share_of_whole_seconds_in_both(first, second):
    a, b = ({second for start, end in spans for second in range(start, end)} for spans in (first, second))
    assert temporal_iou(written(first), written(second)) == pytest.approx(len(a & b) / len(a | b))


@given(st.text(st.sampled_from("0123456789.:-;,[]() tosand"), max_size=40), interval_sets)
def test_answers_of_the_right_letters_stay_in_range(text, truth):
    assert 0.0 <= temporal_iou(text, written(truth)) <= 1.0
    score = temporal_iou(written(truth), text)
    assert score is None or 0.0 <= score <= 1.0


@pytest.mark.parametrize("unit", ["1", "1:", "3 - ", "[", " ", "and ", "1-2;", "1.", "from "])
def test_long_answers_take_no_time(unit):
    start = time.perf_counter()
    temporal_iou(unit * (100_000 // len(unit)), "3 - 7")
    assert time.perf_counter() - start < 10.0


def test_the_reward_scores_its_own_rows_alone():
    logged = {}
    rewards = temporal_iou_reward(
        completions=["<answer>0 - 10</answer>", "0 - 10", "<answer>B</answer>", "<answer>0 - 10</answer>"],
        solution=["<answer>5 - 15</answer>", "5 - 15", "<answer>B</answer>", "<answer>later</answer>"],
        problem_type=["temporal grounding", "temporal grounding", "multiple choice", "temporal grounding"],
        log_metric=logged.__setitem__,
        prompts=["p"] * 4,
    )
    assert rewards == [pytest.approx(1 / 3), 0.0, None, None]
    assert logged == {"unscorable": pytest.approx(1 / 3)}
