import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.evaluation.extraction import (
    MMMU_MARKS,
    VIDEOMMMU_MARKS,
    final_answer,
    first_answer_block,
    first_token,
    holmes_letter,
    last_answer_block,
    leading_letter,
    lenient_choice,
    mmmu_choice,
    numbers,
    spoken,
    videomme_letter,
)

CHOICES = {"A": "the cup", "B": "the pen", "C": ""}


@pytest.mark.parametrize(
    ("output", "first", "last", "final"),
    [
        ("<answer> B </answer>", "B", "B", "B"),
        ("<answer>A</answer><answer>B</answer>", "A", "B", "A"),
        ("<answer>A<answer>B</answer>", "A<answer>B", "A<answer>B", "A<answer>B"),
        ("<answer></answer> C", "", "", "<answer></answer> C"),
        ("<think>A</think> C", None, None, "C"),
        ("A </think> C", None, None, "C"),
        ("<think>A man", None, None, ""),
        ("<answer>B", None, None, "<answer>B"),
        ("<answer>A</answer> <answer>B", "A", "A", "A"),
        ("C", None, None, "C"),
        ("", None, None, ""),
    ],
)
def test_the_part_that_answers(output, first, last, final):
    assert (first_answer_block(output), last_answer_block(output), final_answer(output)) == (first, last, final)


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        (" B. the pen", "B"),
        ("B: is it, I mean C", "B"),  # start 10 before anything
        ("I take the last one, so C", "C"),  # end 9
        ("I take (C).", "C"),
        ("The answer is B because (A) falls", "B"),  # phrase 7 before (X) 6
        ("I think option B, not (A) here", "B"),
        ("I like (B) more than A. though", "B"),  # 6 before 5
        ("I like A. more than B: here", "A"),  # 5 before 4
        ("I like A: more than B) here", "A"),  # 4 before 3
        ("I like A) more than B here", "A"),  # 3 before 2
        ("I like B here, or A, here", "B"),  # 2 before 1
        ("it is B, because", "B"),  # 1
        ("I like (A) and (B) here", "B"),  # ties: the last place
        ("A man walks; the answer is B here", "B"),
        ("**B. 3**", None),
        ("b", None),
        ("because", None),
        ("F", None),  # no letter of this question
        ("", None),
    ],
)
def test_the_lenient_letter(text, letter):
    assert lenient_choice(text, "ABCDE") == letter


def test_without_letters_there_is_no_lenient_letter():
    assert lenient_choice("A", "") is None
    assert lenient_choice("N", "ABCDEFGHIJKLMN") == "N"


@pytest.mark.parametrize(
    ("text", "videommmu", "mmmu"),
    [
        ("A. or B:", "A", "B"),  # the mark is taken off the edge
        ("A. or B: so", "B", None),  # "A." and "B:" are one kind
        ("(A) (B) so", "B", "B"),
        ("A so", "A", "A"),
        ("it is neither the pen nor the cup", "A", "A"),  # option texts; the last; an empty one is none
        ("the pen", None, None),
        ("a b c d e f", None, None),
    ],
)
def test_mmmu_letters(text, videommmu, mmmu):
    assert mmmu_choice(text, CHOICES, VIDEOMMMU_MARKS) == videommmu
    assert mmmu_choice(text, CHOICES, MMMU_MARKS) == mmmu


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("-3 and 1,200.5", ["-3", "1,200.5"]),
        ("3e-2", ["3e-2"]),
        ("2020-2021", ["2020", "2021"]),
        ("12,34", ["12", "34"]),
        ("about .5 m, -.25 or 1.50", [".5", "-.25", "1.50"]),
        ("v1..2 and x.7", ["1", "2", "7"]),
        ("x", []),
    ],
)
def test_numbers(text, written):
    assert list(numbers(text)) == written


@given(st.text())
def test_no_text_breaks_an_extractor(text):
    assert last_answer_block(text) is None or last_answer_block(text) == last_answer_block(text).strip()
    assert spoken(text) in text
    assert lenient_choice(text, "ABCDE") in {None, *"ABCDE"}
    assert holmes_letter(text) in {None, *"ABCDEF"}
    assert (holmes_letter(text) is None) == (not set(text) & set("ABCDEF"))
    assert mmmu_choice(text, CHOICES, MMMU_MARKS) in {None, "A", "B"}
    assert videomme_letter(text) in {None, *"ABCD"}
    assert leading_letter(text) in {text, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    assert " " not in first_token(text)


@pytest.mark.parametrize(
    "piece", [" ", "A", "(", "answer is ", "option", "<answer>", "1", "1,", "1,234", "A. ", "-", "\n"]
)
def test_time_grows_with_the_length_alone(piece):
    text = piece * (400_000 // len(piece))
    start = time.process_time()
    last_answer_block(text)
    lenient_choice(text, "ABCDE")
    mmmu_choice(text, CHOICES, VIDEOMMMU_MARKS)
    videomme_letter(text)
    leading_letter(text)
    list(numbers(text))
    assert time.process_time() - start < 10  # a quadratic search of 400,000 characters takes minutes
