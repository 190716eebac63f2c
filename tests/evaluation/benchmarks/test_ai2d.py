import pytest

from tests.evaluation.benchmarks.asking import choice, official, read
from tests.evaluation.benchmarks.layout_files import as_parquet, picture
from tests.evaluation.benchmarks.layouts import write_ai2d


def test_all_shards_are_read(tmp_path):
    questions, rejects = read("ai2d", write_ai2d(tmp_path, questions=4))
    assert not len(rejects)
    assert [(q.id, q.gold, q.right) for q in questions] == [
        ("0", "0", "A"), ("1", "2", "C"), ("2", "1", "B"), ("3", "3", "D"),
    ]  # fmt: skip
    assert questions[0].sample.options == ("A. w", "B. x", "C. y", "D. z")
    assert questions[0].sample.path.startswith(str(tmp_path / "embedded"))


@pytest.mark.parametrize("answer", ["4", "A", ""])
def test_an_answer_that_is_no_option_is_told(tmp_path, answer):
    rows = [{"question": "?", "options": list("wxyz"), "answer": answer, "image": picture(0)}]
    as_parquet(tmp_path / "test-0.parquet", rows)
    assert read("ai2d", tmp_path)[1].counts() == {"answer not among options": 1}


@pytest.mark.parametrize(
    ("output", "score"),
    [
        ("B.", 1),
        (" B. the pen", 1),
        ("B", 1),
        ("b!", 1),
        ("(B)", 1),
        ("<answer>B. pen</answer>", 1),
        ("B pen", 0),
        ("A. B.", 0),
        ("pen", 0),
        ("", 0),
    ],
)
def test_the_leading_letter(output, score):
    assert official("ai2d", output, choice("B")) == score
