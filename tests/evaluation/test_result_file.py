import json

import pytest

from tests.evaluation.benchmarks.asking import choice
from tests.evaluation.results import result, row
from video_ktr.errors import DataError
from video_ktr.evaluation.benchmarks.registry import find_benchmark
from video_ktr.evaluation.result_file import RESULT, ROWS, model_name, read_result, result_row, write_rows
from video_ktr.evaluation.scoring import score_output


def test_what_is_written_is_read_by_folder_and_by_file(tmp_path):
    rows = [row("a", output="half a pair \ud800"), row("b", 0.0)]
    found = result(tmp_path / "r", rows, frames=32)
    assert found.rows == rows
    assert (found.meta["frames"], found.meta["benchmark"]) == (32, "video_holmes")
    assert found.meta["modes"]["video_r1"]["overall"]["accuracy"] == 0.5
    assert read_result(tmp_path / "r" / RESULT) == found
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [RESULT, ROWS]


def test_a_row_tells_question_and_scores():
    question = choice("B", groups={"subtask": "SR"})
    output = "<think>x</think><answer>B</answer>"
    scored = score_output(find_benchmark("video_holmes"), question, output)
    told = result_row(question, output, scored, length=9, truncated=True, frames=4)
    assert told["scores"] == {"video_r1": 1.0, "official": 1.0, "lenient": 1.0}
    assert (told["options"][1], told["solution"], told["extracted"]) == ("B. pen", "<answer>B</answer>", "B")
    assert (told["length"], told["truncated"], told["frames"], told["state"]) == (9, True, 4, "answered")
    assert json.loads(json.dumps(told)) == told


def lacking(key):
    return {name: value for name, value in row("b").items() if name != key}


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (row("a"), "line 2: the question 'a' is there twice"),
        (lacking("state"), "line 2: lacks state"),
        ([1], "line 2: is a list"),
        (row("b", state="lost"), "line 2: a field is of another type"),
        (row("b", scores={"video_r1": 2}), "line 2: a field is of another type"),
        (row("b", output=3), "line 2: a field is of another type"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(tmp_path, second, message):
    result(tmp_path, [row("a")])
    write_rows(tmp_path, [row("a"), second])
    with pytest.raises(DataError, match=message):
        read_result(tmp_path)


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_result(tmp_path)
    for text, message in (("{", "cannot be read"), ("[]", "is no result"), ('{"benchmark": "x"}', "lacks benchmark")):
        (tmp_path / RESULT).write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=message):
            read_result(tmp_path)


def test_the_model_is_named():
    assert model_name({"model": {"name": "a/b", "sha256": "0"}}) == "a/b"
    assert model_name({"model": "c"}) == "c"
    assert model_name({}) == "unknown"
