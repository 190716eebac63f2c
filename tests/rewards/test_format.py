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
