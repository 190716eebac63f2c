import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.question_inversion import (
    INVERTED,
    NOT_DRAWN,
    inversion_summary,
    invert_questions,
    inverted,
    negated_question,
    write_inversions,
)
from video_ktr.data.sample import Sample
from video_ktr.errors import ConfigError

TEXTS = ["cup falls", "pen rolls", "box opens", "lid shuts"]


def dice(seed):
    return random.Random(seed)  # noqa: S311


def sample(
    problem="What will happen next?", solution="<answer>B</answer>", texts=TEXTS, kind="multiple choice", name="7"
):
    options = tuple(f"{letter}. {text}" for letter, text in zip("ABCD", texts, strict=False))
    return Sample(
        problem_id=name, problem=problem, problem_type=kind, solution=solution, options=options, data_type="video",
        path="/v.mp4", process="<think>b</think>",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("question", "negated"),
    [
        ("Did the cup fall?", "Didn't the cup fall?"),
        ("what will happen?", "what won't happen?"),
        ("Why is NASA's cup red?", "Why isn't NASA's cup red?"),
        (" Which can roll?", " Which can't roll?"),
        ("Would it roll?", "Wouldn't it roll?"),
        ("Which cup falls?", None),
        ("Which of them did it?", None),
        ("What isn't red?", None),
        ("What is not red?", None),
        ("Does it never stop?", None),
        ("", None),
    ],
)
def test_negation_of_the_first_or_second_word(question, negated):
    assert negated_question(question) == negated


@given(st.integers(0, 10_000), st.sampled_from("ABCD"), st.integers(2, 4))
def test_the_answer_is_every_option_but_the_once_right_one(seed, letter, count):
    letter = min(letter, "ABCD"[count - 1])
    question = sample(solution=f"<answer>{letter}</answer>", texts=TEXTS[:count])
    now, outcome = inverted(question, dice(seed))
    right = TEXTS["ABCD".index(letter)]
    assert outcome == INVERTED
    assert now.problem == "What won't happen next?"
    assert now.process == ""
    assert 2 <= len(now.options) <= count
    shown = {option[0]: option[3:] for option in now.options}
    assert list(shown) == list("ABCD"[: len(shown)])
    assert len(set(shown.values())) == len(shown)
    assert right in shown.values()
    assert set(shown.values()) <= set(TEXTS[:count])
    answer = now.solution.removeprefix("<answer>").removesuffix("</answer>").split(",")
    assert answer == sorted(key for key, text in shown.items() if text != right)


def test_every_number_of_wrong_options_comes_up():
    counts = {len(inverted(sample(), dice(seed))[0].options) for seed in range(50)}
    assert counts == {2, 3, 4}


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        (sample("Which cup falls?"), "no rule negates the question"),
        (sample(kind="numerical", solution="3"), "not multiple choice"),
        (sample(solution="A,C"), "options are not lettered texts with one right letter"),
        (sample(texts=["A", "B"]), "options are not lettered texts with one right letter"),
        (sample(texts=["one"], solution="A"), "options are not lettered texts with one right letter"),
    ],
)
def test_what_cannot_be_inverted_stays_whole(question, outcome):
    assert inverted(question, dice(0)) == (question, outcome)


def test_share_and_seed_decide_and_the_flip_is_logged(tmp_path):
    questions = [sample(name=str(i)) for i in range(200)]
    now, log = invert_questions(questions, share=0.5, seed=3)
    assert invert_questions(questions, share=0.5, seed=3) == (now, log)
    assert invert_questions(questions, share=0.5, seed=4)[1] != log
    flipped = [entry.outcome == INVERTED for entry in log]
    assert 70 < sum(flipped) < 130
    assert [a != b for a, b in zip(now, questions, strict=True)] == flipped
    assert inversion_summary(log[:1]) == f"1 x {log[0].outcome}"
    write_inversions(log, tmp_path / "inversions.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "inversions.jsonl").read_text().splitlines()]
    assert [line["solution"] for line in lines] == [entry.solution for entry in log]
    assert [path.name for path in tmp_path.iterdir()] == ["inversions.jsonl"]


def test_a_question_keeps_its_fate_when_others_follow():
    few, many = [sample(name=str(i)) for i in range(5)], [sample(name=str(i)) for i in range(9)]
    assert invert_questions(many, seed=1)[0][:5] == invert_questions(few, seed=1)[0]


def test_shares_at_the_ends():
    assert {entry.outcome for entry in invert_questions([sample()] * 9, share=0.0)[1]} == {NOT_DRAWN}
    assert {entry.outcome for entry in invert_questions([sample()] * 9, share=1.0)[1]} == {INVERTED}
    with pytest.raises(ConfigError, match=r"question_inversion is 1.5"):
        invert_questions([], share=1.5)
