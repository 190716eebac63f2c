import pytest

from tests.evaluation.benchmarks.asking import asked, choice, official, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json
from tests.evaluation.benchmarks.layouts import write_vsibench
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.benchmarks.averages import average
from video_ktr.evaluation.benchmarks.vsibench import relative_accuracy


def test_letters_and_numbers_are_read(tmp_path):
    questions, rejects = read("vsibench", write_vsibench(tmp_path, questions=4))
    assert not len(rejects)
    assert [q.sample.problem_type for q in questions] == ["regression"] + 3 * ["multiple choice"]
    assert [q.groups["task"] for q in questions] == [
        "object_counting", "object_rel_direction", "object_rel_direction", "route_planning",
    ]  # fmt: skip
    assert [q.gold for q in questions] == ["4", "B", "C", "A"]
    assert questions[1].sample.path == str(tmp_path / "scannet/scene0001_00.mp4")


def test_the_video_r1_file_has_the_types(tmp_path):
    (tmp_path / "scannet").mkdir()
    (tmp_path / "scannet/s.mp4").touch()
    row = video_r1_row(
        5155,
        original_question_type="room_size_estimation",
        problem_type="regression",
        options=None,
        solution="<answer>20.5</answer>",
        path="./Evaluation/VSIBench/scannet/s.mp4",
    )
    (question,), _ = read("vsibench", as_json(tmp_path / "eval_vsibench.json", [row]))
    assert question.groups["measure"] == "mean relative accuracy"
    assert question.sample.path == str(tmp_path / "scannet/s.mp4")
    assert official("vsibench", "<answer>20.5</answer>", question) == 1


@pytest.mark.parametrize(
    ("output", "score"),
    [("B", 1), ("b.", 1), ("B. left", 1), ("<answer>b</answer>", 1), ("(B)", 0), ("left", 0), ("", 0)],
)
def test_the_first_token_of_a_letter_question(output, score):
    assert official("vsibench", output, choice("B")) == score


@pytest.mark.parametrize(
    ("prediction", "truth", "score"),
    [
        ("4", "4", 1.0),
        ("4 chairs", "4", 1.0),
        ("four chairs", "4", 1.0),
        ("about .5 m", "0.5", 1.0),
        ("about 1,200 m", "1200", 1.0),
        ("6", "4", 0.1),  # error 0.5: at theta 0.5 exactly met, which counts here
        ("3", "4", 0.6),  # error 0.25: met by theta 0.50 to 0.75
        ("9", "4", 0.0),
        ("0", "0", 1.0),
        ("1", "0", 0.0),
        ("none", "4", 0.0),
        ("", "4", 0.0),
        ("inf", "4", 0.0),
    ],
)
def test_mean_relative_accuracy(prediction, truth, score):
    assert relative_accuracy(prediction, truth) == pytest.approx(score)
    assert official("vsibench", prediction, asked("regression", truth)) == pytest.approx(score)


def test_the_headlines():
    benchmark = find_benchmark("vsibench")
    rows = [
        ({"task": "route", "question_type": "route", "measure": "accuracy"}, 1.0),
        ({"task": "turn", "question_type": "turn_easy", "measure": "accuracy"}, 1.0),
        ({"task": "turn", "question_type": "turn_easy", "measure": "accuracy"}, 1.0),
        ({"task": "turn", "question_type": "turn_hard", "measure": "accuracy"}, 0.0),
        ({"task": "count", "question_type": "count", "measure": "mean relative accuracy"}, 0.25),
    ]
    # Turns: mean of easy 1 and hard 0; then of the three tasks 1, 1/2 and 1/4.
    assert average(rows, benchmark.headline("official")) == pytest.approx(1.75 / 3)
    # Letters: 3 of 4; numbers: 1/4.
    assert average(rows, benchmark.headline("video_r1")) == 0.5
    assert sum(list(benchmark.expected.values())[1:]) == benchmark.expected["all"]
