"""Chains of thought in the toy language, grounded in the scene or made up.

    <think> look , first a red square , next one blue circle , now a green cross , then a yellow square . so after red
    is blue .</think><answer> C</answer>                                                             (on one line)

Openers tell the two apart ("look", "watch" / "maybe", "guess"); connectors, articles and the word for "so" are random
on purpose: they carry entropy and no information. Every word stands after one space, so that it is always the same
token; the tags and the answer letter follow the released format.
"""

import numpy as np

from video_ktr.toyworld.questions import SCENE_OF_TYPE, Question
from video_ktr.toyworld.world import Scene, sample_scene

GROUNDED_OPENERS = ("look", "watch")
INVENTED_OPENERS = ("maybe", "guess")
CONNECTORS = ("then", "next", "later", "now")
ARTICLES = ("a", "one")
CONCLUDERS = ("so", "thus", "hence")


def grounded_chain(question: Question, scene: Scene, rng: np.random.Generator) -> str:
    """A completion that describes the scene truly and answers rightly.

    Raises ValueError when the scene does not answer the question.
    """
    return _completion(question, scene, GROUNDED_OPENERS, rng)


def invented_chain(question: Question, rng: np.random.Generator) -> str:
    """A completion that describes a scene drawn at random and answers from it: right in about one case in four."""
    scene = sample_scene(SCENE_OF_TYPE[question.kind], rng)
    while question.answer(scene) is None:
        scene = sample_scene(SCENE_OF_TYPE[question.kind], rng)
    return _completion(question, scene, INVENTED_OPENERS, rng)


def answer_letter(completion: str) -> str:
    """The letter between the answer tags of a chain made here."""
    return completion.rpartition("<answer>")[2].removesuffix("</answer>").strip()


def _completion(question: Question, scene: Scene, openers: tuple[str, ...], rng: np.random.Generator) -> str:
    word = question.answer(scene)
    if word is None:
        raise ValueError(f"the scene does not answer {question.text!r}")
    thought = f"{rng.choice(openers)} , {_description(scene, rng)} . {rng.choice(CONCLUDERS)} "
    thought += f"{_conclusion(question, word)} ."
    return f"<think> {thought}</think><answer> {question.letter(word)}</answer>"


def _description(scene: Scene, rng: np.random.Generator) -> str:
    if scene.direction is not None:
        figure = scene.figures[0]
        return f"{rng.choice(ARTICLES)} {figure.colour} {figure.shape} moves {scene.direction}"
    parts = []
    for index, figure in enumerate(scene.figures):
        connector = "first" if index == 0 else rng.choice(CONNECTORS)
        parts.append(f"{connector} {rng.choice(ARTICLES)} {figure.colour} {figure.shape}")
    return " , ".join(parts)


def _conclusion(question: Question, word: str) -> str:
    return {
        "order": f"{question.about} is {word}",
        "after": f"after {question.about} is {word}",
        "attr": f"{question.about} {word}",
        "motion": f"it moves {word}",
        "count": f"there are {word}",
    }[question.kind]
