import re

import numpy as np
import pytest

from video_ktr.toyworld.chains import (
    GROUNDED_OPENERS,
    INVENTED_OPENERS,
    answer_letter,
    grounded_chain,
    invented_chain,
)
from video_ktr.toyworld.questions import QUESTION_TYPES, SCENE_OF_TYPE, Question, QuestionType, answerable_questions
from video_ktr.toyworld.world import sample_scene

FORMAT = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
OBJECT = re.compile(r"(?:a|one) (red|green|blue|yellow) (square|circle|triangle|cross)")


@pytest.mark.parametrize("kind", QUESTION_TYPES)
def test_a_grounded_chain_lists_the_scene_and_answers_rightly(kind: QuestionType) -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        scene = sample_scene(SCENE_OF_TYPE[kind], rng)
        for question in answerable_questions(scene, kind):
            chain = grounded_chain(question, scene, rng)
            assert FORMAT.fullmatch(chain)
            assert chain.split()[1] in GROUNDED_OPENERS
            assert answer_letter(chain) == question.letter(question.answer(scene) or "")
            shown = [(figure.colour, figure.shape) for figure in scene.figures]
            described = chain.split(" . ")[0]
            assert OBJECT.findall(described) == (shown[:1] if kind == "motion" else shown)


@pytest.mark.parametrize("kind", QUESTION_TYPES)
def test_an_invented_chain_is_right_about_one_time_in_four(kind: QuestionType) -> None:
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(300):
        scene = sample_scene(SCENE_OF_TYPE[kind], rng)
        question = answerable_questions(scene, kind)[0]
        chain = invented_chain(question, rng)
        assert FORMAT.fullmatch(chain)
        assert chain.split()[1] in INVENTED_OPENERS
        hits.append(answer_letter(chain) == question.letter(question.answer(scene) or ""))
    # "after red" rules red out: one in three.
    assert 0.15 < np.mean(hits) < 0.45


def test_the_same_seed_gives_the_same_words() -> None:
    question = Question("count")
    first, second = (invented_chain(question, np.random.default_rng(4)) for _ in range(2))
    assert first == second
    assert first != invented_chain(question, np.random.default_rng(5))


def test_a_scene_without_the_answer_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="does not answer"):
        grounded_chain(Question("motion"), sample_scene("parade", rng), rng)
