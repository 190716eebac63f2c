import pytest

from tests.evaluation.benchmarks.asking import asked, choice
from video_ktr.data.rejects import RecordError
from video_ktr.evaluation.benchmarks.question import letter_solution, lettered_list, option_lines, text_list


def test_choices_are_the_options_by_letter():
    question = asked("multiple choice", "B", ("A. cup", "B) pen", "C: 1.5", "D. "))
    assert question.choices == {"A": "cup", "B": "pen", "C": "1.5", "D": ""}
    assert (question.right, question.is_choice) == ("B", True)
    assert not asked("numerical", "3").is_choice
    assert option_lines(choice(texts=("x", "y")), "({letter}) {text}") == "(A) x\n(B) y"


def test_lists_get_letters():
    assert lettered_list(["x", ""]) == ("A. x", "B. ")
    with pytest.raises(RecordError, match="27 options"):
        lettered_list(["x"] * 27)
    assert letter_solution("B", ("A. x", "B. y")) == "<answer>B</answer>"
    for letter in ("C", "AB", ""):
        with pytest.raises(RecordError, match="none of the options 'AB'"):
            letter_solution(letter, ("A. x", "B. y"))


def test_lists_may_be_written_as_text():
    assert text_list("['x', 2]", "options") == ["x", "2"]
    assert text_list("", "options") == []
    for value in ("['x'", "{}", None, [["x"]], "__import__('os')"):
        with pytest.raises(RecordError, match="'options' must be a list of texts"):
            text_list(value, "options")
