import pytest

from tests.evaluation.benchmarks.asking import choice
from video_ktr.evaluation.answer_record import RETRIED, Answer
from video_ktr.evaluation.benchmarks import find_benchmark

MMVU = find_benchmark("mmvu")


def test_an_answer_is_scored_by_every_rule():
    row = Answer(key="1", output="The answer is B", length=5, frames=4, truncated=True).row(MMVU, choice("B"))
    assert row["scores"] == {"video_r1": 0.0, "official": 1.0, "lenient": 1.0}
    assert (row["state"], row["length"], row["frames"], row["truncated"]) == ("answered", 5, 4, True)


def test_an_answer_without_text_is_empty_and_wrong():
    row = Answer(key="1", output=" ", length=1).row(MMVU, choice("B"))
    assert (row["state"], row["output"], row["scores"]["video_r1"]) == ("empty", " ", 0.0)


@pytest.mark.parametrize("state", RETRIED)
def test_what_was_not_answered_is_wrong_and_has_no_output(state):
    row = Answer(key="1", state=state, detail="gone").row(MMVU, choice("B"))
    assert (row["state"], row["output"], row["length"]) == (state, None, None)
    assert row["scores"] == {"video_r1": 0.0, "official": 0.0, "lenient": 0.0}
