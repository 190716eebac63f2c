"""One question of a benchmark: what the model is asked, the right answer, and the groups it counts for."""

import ast
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from video_ktr.data.readers.fields import tagged
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample
from video_ktr.rewards.answer import solution_answer

UNKNOWN = "unknown"
"""The value of a group where the file does not tell it."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of a benchmark.

    Example: ``Question(id="12", sample=Sample(...), gold="B", groups={"subtask": "SR"})``.
    """

    id: str
    """Unique within the benchmark; a track or task stands before an official id that is not."""
    sample: Sample
    """What the model is asked; the path is where the media file is or should be."""
    gold: str
    """The right answer as the file has it: a letter, a text, a number."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The value for each of the benchmark's `group_names`; `UNKNOWN` where the file does not tell."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What the official prompt or rule needs beyond that; plain values that JSON can hold."""

    @property
    def choices(self) -> dict[str, str]:
        """The options' texts by letter; empty unless multiple choice."""
        return {option[:1]: option[1:].lstrip(".):").strip() for option in self.sample.options}

    @property
    def right(self) -> str:
        """The right answer in the form that is asked for: the solution without its tags."""
        return solution_answer(self.sample.solution)

    @property
    def is_choice(self) -> bool:
        """Whether the answer is a letter."""
        return self.sample.problem_type == "multiple choice"


def lettered_list(texts: Sequence[str]) -> tuple[str, ...]:
    """``["cup", "pen"]`` as ``("A. cup", "B. pen")``. Raises RecordError for more options than letters."""
    if len(texts) > len(string.ascii_uppercase):
        raise RecordError(
            "bad options", f"has {len(texts)} options; at most {len(string.ascii_uppercase)} have letters"
        )
    return tuple(f"{letter}. {text}" for letter, text in zip(string.ascii_uppercase, texts, strict=False))


def text_list(value: Any, key: str) -> list[str]:
    """A list of texts, or one written as text, "['a', 'b']" (MMMU). Raises RecordError for anything else."""
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value.strip() or "[]")
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            value = None
    if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
        raise RecordError("bad options", f"{key!r} must be a list of texts")
    return [str(item) for item in value]


def letter_solution(letter: str, options: Sequence[str]) -> str:
    """The tagged solution for a right letter. Raises RecordError when no option has it: no answer could be right."""
    letters = "".join(option[:1] for option in options)
    if len(letter) != 1 or letter not in letters:
        detail = f"the answer {letter[:40]!r} is none of the options {letters!r}; mend or remove the record"
        raise RecordError("answer not among options", detail)
    return tagged(letter)


def option_lines(question: Question, style: str = "{letter}. {text}") -> str:
    """The options, one a line, each written as `style`."""
    return "\n".join(style.format(letter=letter, text=text) for letter, text in question.choices.items())
