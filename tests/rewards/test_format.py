import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.rewards import format_reward


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>a</think><answer>b</answer>", 1.0),
        ("<think>a\nb</think>\n <answer>\nc</answer>", 1.0),
        ("<think></think><answer></answer>", 1.0),
        ("<think>a</think><think>a</think><answer>b</answer>", 1.0),
        (" <think>a</think><answer>b</answer>", 0.0),
        ("<think>a</think><answer>b</answer>\n", 0.0),
        ("<think>a</think> so <answer>b</answer>", 0.0),
        ("<answer>b</answer>", 0.0),
        ("<think>a</think><answer>b", 0.0),
        ("", 0.0),
    ],
)
def test_the_format_by_example(text, expected):
    assert format_reward([text, [{"role": "assistant", "content": text}]], solution=["x", "x"]) == [expected] * 2


@given(st.text())
def test_any_text_has_a_reward(text):
    assert format_reward([text])[0] in {0.0, 1.0}
    assert format_reward([f"<think>{text}</think><answer>{text}</answer>"]) == [1.0]


@given(st.lists(st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", " ", "\n", "a", "<"])).map("".join))
def test_it_is_the_published_pattern(text):
    for whole in (text, f"<think>{text}</answer>"):
        match = re.fullmatch(r"<think>.*?</think>\s*<answer>.*?</answer>", whole, re.DOTALL)
        assert format_reward([whole]) == [float(match is not None)]


@pytest.mark.parametrize("unit", ["<think></think><answer>", "<think>", "</think> ", " "])
def test_repeats_cost_nothing(unit):
    start = time.perf_counter()
    format_reward(["<think></think>" + unit * (100_000 // len(unit)), "<think></think>" + unit * 9_000 + "</answer>"])
    assert time.perf_counter() - start < 1.0
