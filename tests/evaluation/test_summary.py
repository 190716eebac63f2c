import pytest

from tests.evaluation.results import row
from video_ktr.data.rejects import Reject, Rejects
from video_ktr.evaluation.benchmarks.registry import find_benchmark
from video_ktr.evaluation.intervals import wilson_interval
from video_ktr.evaluation.summary import headline_of, question_warnings, summarise

WRONG = {"video_r1": 0.0, "official": 0.0, "lenient": 0.0}
HOLMES = find_benchmark("video_holmes")


def test_micro_and_macro_are_named_and_every_group_has_n_and_interval():
    # SR 2 of 2, TA 1 of 4: micro 3/6, macro (1 + 1/4) / 2.
    rows = [row("1"), row("2"), *(row(str(i), float(i == 3), subtask="TA") for i in range(3, 7))]
    found = summarise(HOLMES, rows).modes["video_r1"]
    assert (found.headline.name, found.headline.value, found.headline.n) == ("micro", 0.5, 6)
    assert (found.headline.low, found.headline.high) == wilson_interval(3, 6)
    assert found.macro["subtask"].value == 0.625
    assert list(found.groups["subtask"]) == ["SR", "TA"]
    part = found.groups["subtask"]["TA"]
    assert (part.n, part.correct, part.accuracy, (part.low, part.high)) == (4, 1, 0.25, wilson_interval(1, 4))


def test_what_was_not_answered_is_wrong_and_counted():
    states = ("empty", "missing media", "unreadable media", "failed")
    lost = [row(state, 0.0, state=state, output=None, scores=WRONG) for state in states]
    rows = [row("a"), row("b", output="B", truncated=True), *lost]
    summary = summarise(HOLMES, rows, warnings=["one"])
    assert summary.modes["official"].overall.accuracy == pytest.approx(2 / 6)
    assert summary.counts == {
        "questions": 6,
        "expected": 1837,
        "answered": 2,
        **dict.fromkeys(states, 1),
        "no answer tag": 1,
        "truncated": 1,
        "unscorable": 0,
    }
    assert summary.warnings == ["one"]


def test_what_a_rule_cannot_score_leaves_its_average_and_is_counted():
    judged = {"video_r1": 0.0, "official": None, "lenient": None}
    summary = summarise(HOLMES, [row("a"), row("b", scores=judged)])
    assert (summary.modes["video_r1"].overall.n, summary.modes["official"].overall.n) == (2, 1)
    assert summary.counts["unscorable"] == 1
    alone = summarise(HOLMES, [row("b", scores=judged)])
    assert list(alone.modes) == ["video_r1"]
    assert headline_of(alone.as_dict(), "official") is None


def test_the_headline_is_the_benchmarks_own_for_each_rule():
    kinds = [("counting", "object_counting", 1.0), ("rel", "easy", 1.0), ("rel", "hard", 0.0), ("rel", "hard", 0.0)]
    rows = [
        row(str(i), score, groups={"task": task, "question_type": kind, "measure": task})
        for i, (task, kind, score) in enumerate(kinds)
    ]
    modes = summarise(find_benchmark("vsibench"), rows).modes
    # Official: counting 1, rel (1 + 0) / 2. Video-R1: counting 1, rel 1/3.
    assert (modes["official"].headline.name, modes["official"].headline.value) == ("macro:task/question_type", 0.75)
    assert modes["video_r1"].headline.value == pytest.approx(2 / 3)
    assert (modes["lenient"].headline.name, modes["lenient"].headline.value) == ("micro", 0.5)


def test_warnings_tell_counts_and_lost_records():
    rejects = Rejects()
    rejects.add(Reject("q.json", 3, "missing solution", "has none"))
    first, second = question_warnings(HOLMES, [], rejects)
    assert first == "video_holmes: 0 questions (all), 1837 expected"
    assert second == "records left out: 1 x missing solution (first: q.json record 3)"
