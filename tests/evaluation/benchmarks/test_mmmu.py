import pytest
from PIL import Image

from tests.evaluation.benchmarks.asking import asked, choice, official, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json
from tests.evaluation.benchmarks.layouts import write_mmmu
from video_ktr.evaluation.benchmarks import find_benchmark

LONG = ("the first option here", "the second option", "neither")


def test_one_table_a_subject(tmp_path):
    questions, rejects = read("mmmu", write_mmmu(tmp_path, questions=4))
    assert not len(rejects)
    assert [(q.id, q.groups["discipline"]) for q in questions] == [
        ("validation_Accounting_1", "Business"),
        ("validation_Accounting_3", "Business"),
        ("validation_Basic_Medical_Science_2", "Medicine"),
        ("validation_Basic_Medical_Science_4", "Medicine"),
    ]
    assert questions[1].sample.options == ("A. X", "B. Y", "C. Z", "D. W")
    assert (questions[3].sample.problem_type, questions[3].right) == ("numerical", "3.429")
    assert questions[3].sample.options == ()
    with Image.open(questions[0].sample.path) as one, Image.open(questions[2].sample.path) as two:
        assert (one.size, two.size) == ((56, 28), (56, 56))


def test_the_video_r1_schema_is_read(tmp_path):
    row = video_r1_row("validation_Math_1", data_type="image", path="1.png")
    (question,), _ = read("mmmu", as_json(tmp_path / "mine.json", [row]))
    assert question.groups == {"discipline": "Science", "subject": "Math"}


@pytest.mark.parametrize(
    ("output", "right", "score"),
    [
        ("(A) no, (B)", "B", 1),
        ("it is (A), or B maybe", "A", 1),
        ("A or B", "B", 1),  # " X ", the last
        ("B.", "B", 1),  # punctuation is taken off the edges
        ("B. it is", "B", 0),  # "B." is no mark here
        ("i would say it must be the second option", "B", 1),
        ("the second option", "B", 0),  # not more than five words
        ("", "A", 0),  # no letter is drawn at random
    ],
)
def test_letters(output, right, score):
    assert official("mmmu", output, choice(right, LONG)) == score


def test_open_answers():
    assert official("mmmu", "So the ratio is 3.43.", asked("numerical", "3.429", gold="['24/7', '3.429']")) == 1
    assert official("mmmu", "A leaf", asked("free-form", "leaf")) == 1


def test_the_published_counts_add_up():
    counts = list(find_benchmark("mmmu").expected.values())
    assert counts[0] == sum(counts[1:])
