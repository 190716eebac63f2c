import pytest

from tests.evaluation.benchmarks.asking import SHARED, asked, choice, official, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json
from tests.evaluation.benchmarks.layouts import write_mmvu
from video_ktr.evaluation.benchmarks import find_benchmark

FIVE = ("1 g", "2 g", "3 g", "4 g", "5 g")


def test_only_multiple_choice_is_asked(tmp_path):
    questions, rejects = read("mmvu", write_mmvu(tmp_path, questions=4))
    assert not len(rejects)
    assert [q.id for q in questions] == [f"validation_{i}" for i in range(4)]
    assert [q.gold for q in questions] == ["A", "B", "C", "D"]
    assert [q.groups["discipline"] for q in questions] == [
        "Science", "Engineering", "Healthcare", "Humanities and Social Science",
    ]  # fmt: skip
    assert questions[0].sample.path == str(tmp_path / "videos/Chemistry/0.mp4")


def test_the_whole_validation_set_has_open_questions_that_need_a_judge(tmp_path):
    questions, _ = read("mmvu_val", write_mmvu(tmp_path, questions=4))
    assert [q.sample.problem_type for q in questions] == ["multiple choice"] * 4 + ["free-form"]
    assert official("mmvu_val", "in words", questions[4]) is None
    assert "\nA:" not in find_benchmark("mmvu_val").official_prompt(questions[4])


@pytest.mark.parametrize(
    ("subject", "discipline"),
    [
        ("Mechanics", "Science"),
        ("Mechanical_Engineering", "Engineering"),
        ("Electronics_and_Communication_Engineering", "Engineering"),
        ("Modern Physics", "Science"),
        ("Biomedical_Engineering", "Engineering"),
        ("Cooking", "unknown"),
    ],
)
def test_disciplines_are_matched_by_prefix(tmp_path, subject, discipline):
    source = as_json(tmp_path / "eval_mmvu.json", [video_r1_row(path=f"./Evaluation/MMVU/videos/{subject}/3.mp4")])
    (question,), _ = read("mmvu", source)
    assert question.groups == {"discipline": discipline, "subject": subject.replace(" ", "_")}


@pytest.mark.parametrize(
    ("output", "score"),
    [
        ("Step 1. A gas. Therefore, the final answer is: $C.", 1),
        ("the final answer is: C", 1),
        ("The answer is \\boxed{C}", 1),
        ("answer is: A; no, the final answer is C", 1),  # the last
        ("the final answer is: Carbon", 0),
        ("<think>the answer is A</think><answer>C</answer>", 1),
        ("<answer>C. 3 g</answer>", 1),
        ("<answer>B</answer>", 0),
        ("I do not know", 0),
    ],
)
def test_a_letter_is_read_off(output, score):
    assert official("mmvu", output, choice("C", FIVE)) == score
    assert official("mmvu", output, asked("free-form", "C")) is None


def test_the_real_file():
    if not (source := SHARED / "eval_mmvu.json").exists():
        pytest.skip("the real file is not here")
    questions, rejects = read("mmvu", source)
    assert not len(rejects)
    assert find_benchmark("mmvu").count_warnings(questions) == []
    golds = [q.gold for q in questions]
    assert [golds.count(letter) for letter in "ABCDE"] == [115, 127, 142, 114, 127]
    assert {len(q.choices) for q in questions} == {5}
    assert {q.groups["discipline"] for q in questions} == {
        "Science", "Engineering", "Healthcare", "Humanities and Social Science",
    }  # fmt: skip
    assert sum(official("mmvu", "<answer>B</answer>", q) for q in questions) == 127
