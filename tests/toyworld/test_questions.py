import numpy as np
import pytest

from video_ktr.toyworld.questions import (
    QUESTION_TYPES,
    SCENE_OF_TYPE,
    Question,
    QuestionType,
    answerable_questions,
    questions_about,
)
from video_ktr.toyworld.rendering import RGB, render
from video_ktr.toyworld.world import Figure, Scene, sample_scene


def figure(colour: str, shape: str) -> Figure:
    return Figure(colour=colour, shape=shape, size=24, left=0, top=0)


PARADE = Scene(
    kind="parade",
    slots=(figure("green", "circle"), figure("red", "cross"), figure("yellow", "circle"), figure("blue", "square")),
    background=0,
)
COUNT = Scene(kind="count", slots=(None, figure("red", "cross"), None, figure("blue", "square")), background=0)
MOTION = Scene(kind="motion", slots=(figure("red", "cross"),) * 4, background=0, direction="up")


@pytest.mark.parametrize(
    ("scene", "question", "word", "letter"),
    [
        (PARADE, Question("order", "first"), "green", "B"),
        (PARADE, Question("order", "last"), "blue", "C"),
        (PARADE, Question("after", "red"), "yellow", "D"),
        (PARADE, Question("attr", "red"), "cross", "D"),
        (MOTION, Question("motion"), "up", "C"),
        (COUNT, Question("count"), "two", "B"),
    ],
)
def test_answers_by_hand(scene: Scene, question: Question, word: str, letter: str) -> None:
    assert question.answer(scene) == word
    assert question.letter(word) == letter
    assert question.options["ABCD".index(letter)] == f"{letter} {word}"


def test_what_a_scene_does_not_answer() -> None:
    assert Question("after", "blue").answer(PARADE) is None
    assert Question("order", "third").answer(COUNT) is None
    assert Question("attr", "green").answer(COUNT) is None
    assert Question("count").answer(sample_scene("blank", np.random.default_rng(0))) is None
    assert answerable_questions(COUNT, "motion") == []
    assert [question.about for question in answerable_questions(PARADE, "after")] == ["red", "green", "yellow"]


def colours_seen(frames: np.ndarray) -> list[str]:
    """Colours in order of appearance, read from the pixels alone."""
    seen: list[str] = []
    for frame in frames:
        for name, rgb in RGB.items():
            if (frame == rgb).all(-1).any() and name not in seen:
                seen.append(name)
    return seen


def answer_from_pixels(question: Question, frames: np.ndarray) -> str:
    colours = colours_seen(frames)
    if question.kind == "order":
        return colours[{"first": 0, "second": 1, "third": 2, "last": -1}[question.about]]
    if question.kind == "after":
        return colours[colours.index(question.about) + 1]
    if question.kind == "count":
        return ["one", "two", "three", "four"][len(colours) - 1]
    boxes = [np.argwhere((frame == RGB[question.about or colours[0]]).all(-1)) for frame in frames]
    boxes = [box for box in boxes if len(box)]
    if question.kind == "motion":
        down, right = (boxes[-1].mean(0) - boxes[0].mean(0)).round().astype(int)
        return ("down" if down > 0 else "up") if abs(down) > abs(right) else ("right" if right > 0 else "left")
    box = boxes[0] - boxes[0].min(0)
    share = len(box) / (box.max() + 1) ** 2
    corner = [0, 0] in box.tolist()
    # A cross and a triangle cover 5/9 and 1/2 of their box; only the triangle has a full bottom row.
    bottom = (box[:, 0] == box.max()).sum() == box.max() + 1
    return "square" if corner else "circle" if share > 0.7 else "triangle" if bottom else "cross"


@pytest.mark.parametrize("kind", QUESTION_TYPES)
def test_answers_follow_from_the_pixels(kind: QuestionType) -> None:
    rng = np.random.default_rng(5)
    for _ in range(40):
        scene = sample_scene(SCENE_OF_TYPE[kind], rng)
        for question in answerable_questions(scene, kind):
            assert question.answer(scene) == answer_from_pixels(question, render(scene))


def test_option_order_is_fixed_for_each_type() -> None:
    for kind in QUESTION_TYPES:
        assert len({question.options for question in questions_about(kind)}) == 1
