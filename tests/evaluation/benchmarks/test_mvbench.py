import pytest

from tests.evaluation.benchmarks.asking import choice, official, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json
from tests.evaluation.benchmarks.layouts import write_mvbench
from video_ktr.evaluation.benchmarks import find_benchmark


def test_one_file_a_task(tmp_path):
    questions, rejects = read("mvbench", write_mvbench(tmp_path, questions=6))
    assert not len(rejects)
    assert [q.id for q in questions] == [
        f"{task}/{i}" for task in ("action_antonym", "episodic_reasoning", "moving_count") for i in range(2)
    ]
    first, _, frames, _, timed, _ = questions
    assert (first.gold, first.right, first.sample.options[0]) == ("open", "A", "A. open")
    assert first.sample.path == str(tmp_path / "video/ssv2_video/clip_0.mp4")
    assert frames.sample.path == str(tmp_path / "video/tvqa/frames_fps3_hq/show_1")
    assert timed.details == {"start": 0.5, "end": 1.5}
    assert find_benchmark("mvbench").headline("official") == "macro:task"


def test_rows_that_cannot_be_used_are_told(tmp_path):
    row = {"video": "a.mp4", "question": "?", "candidates": ["x", "y"], "answer": "z"}
    assert read("mvbench", as_json(tmp_path / "state_change.json", [row]))[1].counts() == {
        "answer not among options": 1
    }
    assert read("mvbench", as_json(tmp_path / "new_task.json", [row]))[1].counts() == {"unknown task": 1}


def test_tasks_follow_from_the_place_in_the_whole_video_r1_file(tmp_path):
    rows = [video_r1_row(i) for i in range(4000)]
    questions, _ = read("mvbench", as_json(tmp_path / "eval_mvbench.json", rows))
    assert [questions[i].groups["task"] for i in (0, 200, 399, 3999)] == [
        "action_antonym", "action_count", "action_count", "unexpected_action",
    ]  # fmt: skip
    assert find_benchmark("mvbench").count_warnings(questions) == []


@pytest.mark.parametrize(
    ("output", "score"),
    [
        ("B", 1),
        ("B)", 1),
        ("(B) pen", 1),
        ("Best option: (B)", 1),
        ("B. pen", 1),
        ("<answer>(B)</answer>", 1),
        ("A man holds it", 0),
        ("(A)", 0),
        ("pen", 0),
        ("", 0),
    ],
)
def test_the_letter_at_the_beginning(output, score):
    assert official("mvbench", output, choice("B")) == score
