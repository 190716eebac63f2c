import pytest

from tests.evaluation.benchmarks.asking import SHARED, choice, official, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json
from tests.evaluation.benchmarks.layouts import write_video_holmes

SIX = ("fear", "late", "fun", "game", "home", "him")


def test_the_official_file_is_read(tmp_path):
    source = write_video_holmes(tmp_path, questions=8)
    questions, rejects = read("video_holmes", source)
    assert not len(rejects)
    assert [q.id for q in questions] == [str(i) for i in range(8)]
    assert [q.groups["subtask"] for q in questions] == ["SR", "IMC", "TCI", "TA", "MHR", "PAR", "CTI", "SR"]
    assert questions[6].gold == "A"
    assert questions[1].sample.solution == "<answer>B</answer>"
    assert questions[1].sample.options[5] == "F. meaning F"
    assert questions[1].sample.path == str(tmp_path / "videos_cropped/film1.mp4")
    assert read("video_holmes", tmp_path)[0] == questions


def test_the_video_r1_file_is_read_by_file_name(tmp_path):
    (tmp_path / "videos/videos_cropped").mkdir(parents=True)
    (tmp_path / "videos/videos_cropped/ab.mp4").touch()
    row = video_r1_row(5, original_question_type="TA", path="/elsewhere/videos_cropped/ab.mp4")
    source = as_json(tmp_path / "eval_videoholmes.json", [row])
    (question,), _ = read("video_holmes", source)
    assert question.groups == {"subtask": "TA"}
    assert question.sample.path == str(tmp_path / "videos/videos_cropped/ab.mp4")


@pytest.mark.parametrize(
    ("output", "right", "score"),
    [
        ("<answer>B</answer>", "B", 1),
        ("<answer>B: late</answer>", "B", 1),
        ("<answer>[D] game</answer>", "D", 1),
        ("<answer>D. A man</answer>", "D", 0),  # "A " is looked for before D
        ("<answer>D. A man</answer>", "A", 1),
        ("<answer>D.a man</answer>", "D", 1),  # no mark: the first letter of A to F contained
        ("<answer>DE</answer>", "D", 1),
        ("<answer>DE</answer>", "E", 0),
        ("<answer>A</answer> no, <answer>C</answer>", "C", 1),  # the last block
        ("<answer>C</answer> <answer></answer>", "C", 0),  # which is empty
        ("I say F.", "F", 1),  # no block: the whole text
        ("Because it is F ", "F", 1),  # "F " counts before the B of "Because"
        ("Because it is F.", "F", 0),  # no mark, and B comes before F
        ("<answer>g</answer>", "A", 0),
        ("", "A", 0),
    ],
)
def test_the_official_matcher(output, right, score):
    assert official("video_holmes", output, choice(right, SIX)) == score


def test_the_real_examples():
    if not (source := SHARED / "video_holmes_example.json").exists():
        pytest.skip("the real file is not here")
    questions, rejects = read("video_holmes", source)
    assert questions
    assert not len(rejects)
    for question in questions:
        assert official("video_holmes", f"<think>A ?</think><answer>{question.gold}</answer>", question) == 1
        assert official("video_holmes", "<answer>none</answer>", question) == 0
