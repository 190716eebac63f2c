"""Whether a sample's options and its solution fit each other and its problem type."""

import math
import re
from collections.abc import Sequence
from string import ascii_uppercase

from video_ktr.data.sample import Sample

# A letter, then a mark or white space, then the text: "A. x", "A) x", "(A) x", "A: x", "A x".
_LETTERED = re.compile(r"\(?([A-Z])(?:[.):]+\s*|\s+)(.*)", re.DOTALL)
_NUMBER = r"\d+(?:\.\d+)?"
_INTERVAL = re.compile(rf"\s*({_NUMBER})\s*-\s*({_NUMBER})\s*")
_ROUGE_WORD = re.compile("[a-z0-9]")


def option_problem(sample: Sample) -> str | None:
    """Say in fixed words why options and solution do not fit; None when they do.

    multiple choice: there are at least two options, none is empty, no two are the same, and the solution is the letter
    of one of them. Options are lettered A, B, C in order, as ``"A. x"``, ``"A) x"``, ``"(A) x"``, ``"A: x"`` or
    ``"A x"``; an option ``"A"`` alone stands for a choice shown in the picture. Options without letters fit when the
    solution is the text of one. numerical, regression: the solution is a finite number, in which commas may part
    thousands. temporal grounding: intervals ``3.5 - 7.0`` in seconds, parted by ``;``, none ending before it starts
    and not all mere instants. free-form, caption: a word of a-z and 0-9, for ROUGE knows no others. All other types:
    the solution is not empty.

    An exact comparison scores a choice, so ``"A."`` and ``"a"`` are reported although a reader understands them.
    """
    answer = solution_text(sample.solution)
    if not answer:
        return "empty solution"
    if sample.problem_type == "multiple choice":
        return _choice_problem(answer, sample.options)
    if sample.problem_type in {"numerical", "regression"} and not _is_number(answer):
        return "solution is not a number"
    if sample.problem_type == "temporal grounding" and not _are_intervals(answer):
        return "solution is not intervals of seconds"
    if sample.problem_type in {"free-form", "caption"} and not _ROUGE_WORD.search(answer.lower()):
        return "solution has no word of a-z and 0-9"
    return None


def solution_text(solution: str) -> str:
    """The right answer as the rewards read it: between the first ``<answer>`` and the next ``</answer>``.

    All of a solution without tags; "" where the tag is never closed, which the rewards cannot score.
    """
    _, opened, after = solution.partition("<answer>")
    if not opened:
        return solution.strip()
    answer, closed, _ = after.partition("</answer>")
    return answer.strip() if closed else ""


def lettered_texts(options: Sequence[str]) -> list[str] | None:
    """The options' texts without their letters; None unless they are lettered A, B, C in order."""
    texts = []
    for letter, option in zip(ascii_uppercase, options, strict=False):
        found = _LETTERED.fullmatch(option.strip() + (" " if len(option.strip()) == 1 else ""))
        if not found or found[1] != letter:
            return None
        texts.append(letter if option.strip() == letter else found[2].strip())
    return texts if len(texts) == len(options) else None


def _choice_problem(answer: str, options: Sequence[str]) -> str | None:
    if len(options) < 2:
        return "fewer than two options"
    texts = lettered_texts(options)
    choices = [option.strip() for option in options] if texts is None else texts
    if "" in choices:
        return "empty option"
    if texts is None and answer not in choices:
        return "options are not lettered A, B, C"
    if texts is not None and answer not in list(ascii_uppercase[: len(options)]):
        return "letter not among the options" if re.fullmatch("[A-Z]", answer) else "solution is not one letter"
    return "two options are the same" if len({" ".join(each.split()) for each in choices}) < len(choices) else None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text.replace(",", "")))
    except ValueError:
        return False


def _are_intervals(text: str) -> bool:
    lengths = []
    for part in text.split(";"):
        match = _INTERVAL.fullmatch(part)
        if match is None:
            return False
        lengths.append(float(match[2]) - float(match[1]))
    return min(lengths) >= 0.0 < max(lengths)
