import pytest

from tests.evaluation.benchmarks.asking import choice, official, read
from tests.evaluation.benchmarks.layouts import write_mmstar
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.benchmarks.mmstar import split_options


def test_the_table_is_read(tmp_path):
    questions, rejects = read("mmstar", write_mmstar(tmp_path, questions=2))
    assert not len(rejects)
    assert questions[1].groups == {"category": "logical reasoning", "l2_category": "diagram reasoning"}
    assert questions[1].sample.problem == "How many?"
    assert questions[1].sample.options == ("A. 1", "B. 2", "C. 3", "D. 4")
    assert find_benchmark("mmstar").official_prompt(questions[1]).count("A: 1") == 1
    assert find_benchmark("mmstar").expected["all"] == sum(list(find_benchmark("mmstar").expected.values())[1:])


@pytest.mark.parametrize(
    ("question", "problem", "options"),
    [
        ("Q? Options: A: 1, 2, B: x: y, C: 3", "Q?", ("A. 1, 2", "B. x: y", "C. 3")),
        ("Q?\nOptions:\nA. yes\nB. no", "Q?", ("A. yes", "B. no")),
        ("Which Options: say so?", "Which Options: say so?", ()),
        ("Q?", "Q?", ()),
    ],
)
def test_options_are_taken_out_of_the_text(question, problem, options):
    assert split_options(question) == (problem, options)


@pytest.mark.parametrize(
    ("output", "score"),
    [
        ("B", 1),
        ("b: pen", 1),
        ("I take (B) here", 1),
        ("it must be option B", 1),
        ("So the answer is B", 1),
        ("because", 1),  # begins with the letter: the published rule
        ("<think>(A)</think><answer>B</answer>", 1),
        ("I say B", 0),
        ("A", 0),
        ("", 0),
    ],
)
def test_the_sets_own_matcher(output, score):
    assert official("mmstar", output, choice("B")) == score
