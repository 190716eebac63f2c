from dataclasses import replace

from tests.evaluation.benchmarks.asking import choice
from video_ktr.evaluation.benchmarks.registry import find_benchmark
from video_ktr.evaluation.predictions import Prediction, Predictions
from video_ktr.evaluation.rescoring import rescore

WRONG = {"video_r1": 0.0, "official": 0.0, "lenient": 0.0}


def test_every_question_has_a_row_and_what_lacks_an_output_is_wrong():
    questions = [replace(choice("B", groups={"subtask": "SR"}), id=key) for key in "abcd"]
    found = {
        "b": Prediction(output="<think>x</think><answer>B</answer>", length=5),
        "c": Prediction(output=" "),
        "d": Prediction(output=None, state="missing media"),
    }
    rows = list(rescore(find_benchmark("video_holmes"), questions, Predictions(found=found), frames=16))
    assert [row["id"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["state"] for row in rows] == ["failed", "answered", "empty", "missing media"]
    assert [row["scores"]["video_r1"] for row in rows] == [0.0, 1.0, 0.0, 0.0]
    assert rows[0]["scores"] == rows[2]["scores"] == rows[3]["scores"] == WRONG
    assert (rows[1]["length"], rows[1]["frames"]) == (5, 16)
