"""Five types of multiple-choice question about a scene; the option order is fixed for each type.

| type   | needs                | example                                                      | chance |
| ------ | -------------------- | ------------------------------------------------------------ | ------ |
| order  | position in time     | which colour is second ? A red B green C blue D yellow       | 25 %   |
| after  | succession           | which colour comes after red ? A red B green C blue D yellow | 25 %   |
| attr   | appearance           | which shape is red ? A square B circle C triangle D cross    | 25 %   |
| motion | direction of motion  | where does it move ? A left B right C up D down              | 25 %   |
| count  | all slots            | how many shapes come ? A one B two C three D four            | 25 %   |
"""

from dataclasses import dataclass
from typing import Literal, get_args

from video_ktr.toyworld.world import COLOURS, DIRECTIONS, SHAPES, Scene, SceneKind

QuestionType = Literal["order", "after", "attr", "motion", "count"]
QUESTION_TYPES: tuple[QuestionType, ...] = get_args(QuestionType)
LETTERS = ("A", "B", "C", "D")
ORDINALS = ("first", "second", "third", "last")
NUMBERS = ("one", "two", "three", "four")

SCENE_OF_TYPE: dict[QuestionType, SceneKind] = {
    "order": "parade",
    "after": "parade",
    "attr": "parade",
    "motion": "motion",
    "count": "count",
}
ANSWERS_OF_TYPE: dict[QuestionType, tuple[str, ...]] = {
    "order": COLOURS,
    "after": COLOURS,
    "attr": SHAPES,
    "motion": DIRECTIONS,
    "count": NUMBERS,
}


@dataclass(frozen=True)
class Question:
    """A question before it meets a scene; `about` is the ordinal (order) or the colour (after, attr), else empty."""

    kind: QuestionType
    about: str = ""

    @property
    def text(self) -> str:
        """The question alone, without options."""
        return {
            "order": f"which colour is {self.about} ?",
            "after": f"which colour comes after {self.about} ?",
            "attr": f"which shape is {self.about} ?",
            "motion": "where does it move ?",
            "count": "how many shapes come ?",
        }[self.kind]

    @property
    def options(self) -> tuple[str, ...]:
        """The four options, letter first: ("A red", "B green", "C blue", "D yellow")."""
        return tuple(f"{letter} {word}" for letter, word in zip(LETTERS, ANSWERS_OF_TYPE[self.kind], strict=True))

    def answer(self, scene: Scene) -> str | None:
        """The answering word ("blue") under a scene, or None when the scene does not answer this question."""
        colours = [figure.colour for figure in scene.figures]
        if self.kind == "motion":
            return scene.direction
        if self.kind == "count":
            return NUMBERS[len(colours) - 1] if colours else None
        if self.kind == "order":
            return colours[ORDINALS.index(self.about)] if len(colours) == len(ORDINALS) else None
        if self.about not in colours:
            return None
        index = colours.index(self.about)
        if self.kind == "attr":
            return scene.figures[index].shape
        return colours[index + 1] if index + 1 < len(colours) else None

    def letter(self, word: str) -> str:
        """The letter of an answering word: "C" for "blue". Raises ValueError when it is not an option."""
        return LETTERS[ANSWERS_OF_TYPE[self.kind].index(word)]


def questions_about(kind: QuestionType) -> tuple[Question, ...]:
    """All questions of one type, whether or not a given scene answers them."""
    about = {"order": ORDINALS, "after": COLOURS, "attr": COLOURS, "motion": ("",), "count": ("",)}[kind]
    return tuple(Question(kind, word) for word in about)


def answerable_questions(scene: Scene, kind: QuestionType) -> list[Question]:
    """The questions of one type that a scene answers; empty for a scene of another kind."""
    if SCENE_OF_TYPE[kind] != scene.kind:
        return []
    return [question for question in questions_about(kind) if question.answer(scene) is not None]
