import pytest

from tests.evaluation.benchmarks.asking import choice, official, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json
from tests.evaluation.benchmarks.layouts import write_videomme
from video_ktr.evaluation.benchmarks import find_benchmark


def test_the_table_is_read(tmp_path):
    questions, rejects = read("videomme", write_videomme(tmp_path, questions=4))
    assert not len(rejects)
    assert [q.id for q in questions] == ["001-1", "001-2", "001-3", "002-1"]
    assert questions[3].groups == {
        "duration": "medium", "domain": "Life Record", "sub_category": "Biology", "task_type": "OCR Problems",
    }  # fmt: skip
    assert questions[1].sample.options == ("A. 0.", "B. 1.", "C. 2.", "D. 3.")
    assert questions[1].right == "B"
    assert questions[1].sample.path == str(tmp_path / "data/-ab_0.mp4")


def test_subtitles_of_the_sampled_frames_stand_before_the_question(tmp_path):
    write_videomme(tmp_path, questions=4)
    with_them, without = find_benchmark("videomme_subtitles"), find_benchmark("videomme")
    questions, _ = read("videomme_subtitles", tmp_path)
    assert with_them.needs_frame_times
    assert not without.needs_frame_times
    shown = with_them.at_frames(questions[0], [0.5, 1.5, 2.0])
    assert shown.sample.problem == "The subtitles of this video:\nGood morning\nto you all\nWhat is written?"
    assert with_them.at_frames(questions[0], [1.2]).sample.problem.count("\n") == 2
    assert with_them.official_prompt(shown).startswith("The subtitles of this video:\nGood morning\n")
    assert with_them.at_frames(questions[0], [0.95]) == questions[0]  # a pause
    assert with_them.at_frames(questions[3], [0.5]) == questions[3]  # a video without a subtitle file
    assert without.at_frames(questions[0], [0.5]) == questions[0]


def test_the_video_r1_file_keeps_the_sets_fields(tmp_path):
    write_videomme(tmp_path, questions=1)
    row = video_r1_row(
        path="./Evaluation/VideoMME/data/-ab_0.mp4",
        original_question_type="Action Reasoning",
        duration="long",
        domain="Knowledge",
        subtitle="",
    )
    (question,), _ = read("videomme_subtitles", as_json(tmp_path / "eval_videomme.json", [row]))
    assert question.groups == {
        "duration": "long", "domain": "Knowledge", "sub_category": "unknown", "task_type": "Action Reasoning",
    }  # fmt: skip
    assert question.sample.path == str(tmp_path / "data/-ab_0.mp4")
    assert question.details["subtitle"] == str(tmp_path / "subtitle/-ab_0.srt")


@pytest.mark.parametrize(
    ("output", "score"),
    [
        ("B", 1),
        ("(B)", 1),
        ("The best answer is B.", 1),
        ("The correct option is: B", 1),
        ("Best answer: C", 0),  # the B of the beginning does not count
        ("The answer B", 1),
        ("A man holds a B", 0),  # the first capital counts
        ("<think>A man</think><answer>B</answer>", 1),
        ("<think>A man holds a B", 0),  # cut before it answered
        ("it is a long reply of more than ten words without any capital", 0),
        ("b", 0),
        ("E", 0),
    ],
)
def test_the_first_capital(output, score):
    assert official("videomme", output, choice("B")) == score


def test_the_published_counts_add_up():
    counts = list(find_benchmark("videomme").expected.values())
    assert counts[0] == sum(counts[1:4]) == sum(counts[4:10]) == sum(counts[10:])
