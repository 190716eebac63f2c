import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.sample import PROBLEM_TYPES
from video_ktr.errors import ConfigError
from video_ktr.evaluation import score_answer


@pytest.mark.parametrize(
    ("output", "solution", "kind", "expected"),
    [
        ("<think>x</think><answer>B</answer>", "<answer>B</answer>", "multiple choice", 1.0),
        ("<answer>B.</answer>", "<answer>B</answer>", "multiple choice", 0.0),
        ("<answer>B. pen</answer>", "<answer>B</answer>", "multiple choice", 0.0),
        ("<answer>b</answer>", "<answer>B</answer>", "multiple choice", 0.0),
        ("B", "<answer>B</answer>", "multiple choice", 1.0),  # no tags: the whole output
        (" B", "<answer>B</answer>", "multiple choice", 0.0),
        ("<answer></answer>", "<answer>B</answer>", "multiple choice", 0.0),
        ("<answer>3.0</answer>", "<answer>3</answer>", "numerical", 0.0),
        ("<answer>1,000.00</answer>", "<answer>1000.0</answer>", "numerical", 1.0),
        ("three", "<answer>3</answer>", "numerical", 0.0),
        ("<answer>3</answer>", "<answer>three</answer>", "numerical", 0.0),
        ("<answer>10</answer>", "<answer>10</answer>", "regression", 1.0),
        # |8 - 10| / 10 = 0.2 is below 1 - theta for theta 0.50 to 0.75: six of ten; not below it at 0.80
        ("<answer>8</answer>", "<answer>10</answer>", "regression", 0.6),
        ("<answer>7.3</answer>", "<answer>10</answer>", "regression", 0.5),  # 0.27: theta 0.50 to 0.70
        ("<answer>20</answer>", "<answer>10</answer>", "regression", 0.0),
        ("<answer>1e300</answer>", "<answer>10</answer>", "regression", 0.0),
        ("<answer>1e300</answer>", "<answer>1e300</answer>", "regression", 0.0),  # beyond float32, as published
        ("<answer>ten</answer>", "<answer>10</answer>", "regression", 0.0),
        ("<answer>the text</answer>", "<answer>the text</answer>", "OCR", 0.0),
        ("<answer>the text</answer>", "<answer>the text</answer>", "free-form", 0.0),
        ("<answer>A</answer>", "<answer>A</answer>", "essay", 0.0),
    ],
)
def test_the_published_rules(output, solution, kind, expected):
    assert score_answer(output, solution, kind) == pytest.approx(expected)


@given(output=st.text(), solution=st.text(), kind=st.sampled_from(PROBLEM_TYPES))
def test_any_output_has_a_score(output, solution, kind):
    assert 0.0 <= score_answer(output, solution, kind) <= 1.0


def test_an_unknown_mode_is_refused():
    with pytest.raises(ConfigError, match="video_r1"):
        score_answer("A", "A", "multiple choice", mode="kind")
