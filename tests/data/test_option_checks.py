import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from video_ktr.data.option_checks import lettered_texts, option_problem, solution_text
from video_ktr.data.sample import PROBLEM_TYPES, Sample
from video_ktr.rewards import accuracy_reward


def sample(solution, *options, kind="multiple choice"):
    return Sample(
        problem_id="1", problem="?", problem_type=kind, solution=solution, options=options, data_type="text", path=None
    )


@pytest.mark.parametrize("style", ["{}. {}", "{}) {}", "({}) {}", "{}: {}", "{} {}", "{}.{}", " {}.  {} "])
def test_every_style_of_letters_is_read(style):
    options = [style.format(letter, text) for letter, text in zip("ABC", ["red cup", "a pen", "C sharp"], strict=True)]
    assert lettered_texts(options) == ["red cup", "a pen", "C sharp"]
    assert option_problem(sample("<answer>C</answer>", *options)) is None
    assert option_problem(sample("B", *options)) is None


@pytest.mark.parametrize(
    ("solution", "options", "problem"),
    [
        ("<answer>C</answer>", ["A. cup", "B. pen"], "letter not among the options"),
        ("<answer>B.</answer>", ["A. cup", "B. pen"], "solution is not one letter"),
        ("<answer>b</answer>", ["A. cup", "B. pen"], "solution is not one letter"),
        ("<answer>B. pen</answer>", ["A. cup", "B. pen"], "solution is not one letter"),
        ("<answer>A</answer>", ["A. cup", "C. pen"], "options are not lettered A, B, C"),
        ("<answer>A</answer>", ["cup", "pen"], "options are not lettered A, B, C"),
        ("<answer>pen</answer>", ["cup", "pen"], None),
        ("<answer>A dog</answer>", ["A cat", "A dog"], None),
        ("<answer>A</answer>", ["A", "B", "C"], None),
        ("<answer>A</answer>", ["A. cup", "B."], "empty option"),
        ("<answer>cup</answer>", ["cup", " "], "empty option"),
        ("<answer>A</answer>", ["A. red  cup", "B. red cup"], "two options are the same"),
        ("<answer>cup</answer>", ["cup", "cup"], "two options are the same"),
        ("<answer>A</answer>", ["A. cup", "B. Cup"], None),
        ("<answer>A</answer>", ["A. cup"], "fewer than two options"),
        ("<answer>A</answer>", [], "fewer than two options"),
        ("<answer> </answer>", ["A. cup", "B. pen"], "empty solution"),
    ],
)
def test_choices(solution, options, problem):
    assert option_problem(sample(solution, *options)) == problem


@pytest.mark.parametrize(
    ("kind", "solution", "problem"),
    [
        ("numerical", "<answer>1,250.5</answer>", None),
        ("numerical", "<answer>-3e2</answer>", None),
        ("regression", "<answer>3 m</answer>", "solution is not a number"),
        ("regression", "<answer>nan</answer>", "solution is not a number"),
        ("numerical", "inf", "solution is not a number"),
        ("temporal grounding", "<answer>3.5 - 7.0</answer>", None),
        ("temporal grounding", "<answer>0-2; 3.5 - 3.5</answer>", None),
        ("temporal grounding", "<answer>7.0 - 3.5</answer>", "solution is not intervals of seconds"),
        ("temporal grounding", "<answer>1 - 2;</answer>", "solution is not intervals of seconds"),
        ("temporal grounding", "<answer>3.5 - 3.5</answer>", "solution is not intervals of seconds"),
        ("OCR", "<answer></answer>", "empty solution"),
        ("OCR", "<answer>STOP", "empty solution"),
        ("OCR", "<answer>止まれ</answer>", None),
        ("free-form", "<answer>止まれ</answer>", "solution has no word of a-z and 0-9"),
        ("caption", "?!", "solution has no word of a-z and 0-9"),
        ("free-form", "<answer>nan</answer>", None),
        ("caption", "A man runs.", None),
    ],
)
def test_other_types(kind, solution, problem):
    assert option_problem(sample(solution, kind=kind)) == problem


def test_the_answer_is_the_first_between_tags():
    assert solution_text("<answer> B </answer> <answer>C</answer>") == "B"
    assert solution_text("<answer>B") == ""
    assert solution_text(" B ") == "B"


@given(st.text(), st.lists(st.text(), max_size=30), st.sampled_from(PROBLEM_TYPES))
def test_any_text_gives_a_reason_or_none(solution, options, kind):
    problem = option_problem(sample(solution, *options, kind=kind))
    assert problem is None or problem.strip()
    if problem is None:
        assert accuracy_reward([""], [solution], [kind]) == [0.0]  # it can be scored
    if kind == "multiple choice" and problem is None:
        assert solution_text(solution)
        assert len(options) >= 2


WORDS = st.text(min_size=1).filter(str.strip)


@given(st.lists(WORDS, min_size=2, max_size=26, unique_by=lambda text: " ".join(text.split())))
def test_lettered_options_fit_every_one_of_their_letters_and_no_other(texts):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    options = [f"{letter}. {text}" for letter, text in zip(letters, texts, strict=False)]
    # Marks at the start of a text belong to its letter: then texts may end up empty or the same.
    assume(all(text.strip()[0] not in ".):" for text in texts))
    for place, letter in enumerate(letters):
        expected = None if place < len(texts) else "letter not among the options"
        assert option_problem(sample(f"<answer>{letter}</answer>", *options)) == expected
