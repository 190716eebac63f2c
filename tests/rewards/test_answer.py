import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.rewards.answer import completion_text, extract_answer, solution_answer, tagged_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<answer>B</answer>", "B"),
        ("<think>x</think><answer>\n B \n</answer> <answer>C</answer>", "B"),
        ("<answer>a\nb</answer>", "a\nb"),
        ("<answer><answer>B</answer>", "<answer>B"),
        ("</answer><answer>B</answer>", "B"),
        ("<answer></answer>", ""),
        ("<answer>B", ""),
        ("B</answer>", ""),
        ("", ""),
    ],
)
def test_the_first_answer_is_taken(text, answer):
    assert extract_answer(text) == answer


@given(st.lists(st.sampled_from(["<answer>", "</answer>", " ", "\n", "A", "\u00a0"]), max_size=12).map("".join))
def test_it_is_the_published_pattern(text):
    match = re.search(r"<answer>\s*(.*?)\s*</answer>", text, re.DOTALL)
    assert extract_answer(text) == (match[1].strip() if match else "")


def test_an_empty_answer_is_not_a_missing_one():
    assert tagged_answer("<answer> </answer>") == ""
    assert tagged_answer("<answer> B") is None
    assert tagged_answer("<answer> B </answer>") == "B"


def test_long_runs_of_space_cost_nothing():
    start = time.perf_counter()
    assert extract_answer("<answer>" + " " * 100_000) == ""
    assert time.perf_counter() - start < 1.0


def test_solutions_with_and_without_tags():
    assert solution_answer("<answer> B </answer>") == "B"
    assert solution_answer(" B ") == "B"
    assert solution_answer("<answer>B") == ""
    assert solution_answer(None) == ""


def test_completions_are_text_or_messages():
    assert completion_text("a") == "a"
    assert completion_text([{"role": "assistant", "content": "a"}]) == "a"
    parts = [{"type": "text", "text": "a"}, {"type": "image", "image": "x.png"}, {"type": "text", "text": "b"}]
    assert completion_text([{"role": "assistant", "content": parts}]) == "ab"
    assert completion_text([{"role": "assistant", "content": None}]) == ""
    assert completion_text([]) == ""
