"""Question-answer inversion: from "what happened?" with one right option to "what didn't happen?" with several."""

import json
import os
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from string import ascii_uppercase

from video_ktr.data.option_checks import lettered_texts, option_problem, solution_text
from video_ktr.data.schema import Sample
from video_ktr.errors import ConfigError

NEGATED = {
    **{verb: f"{verb}n't" for verb in ("did", "does", "do", "is", "are", "was", "were", "has", "have", "had")},
    **{"would": "wouldn't", "could": "couldn't", "should": "shouldn't", "will": "won't", "can": "can't"},
}
"""Verbs that a question opens with, or has as its second word."""
_NEGATIVE = re.compile(r"\b(?:not|never|cannot|except|neither|nor|incorrect|false)\b|n't\b", re.IGNORECASE)
_FIRST_WORD = re.compile(r"\s*(\w+)\b")
_SECOND_WORD = re.compile(r"\s*\w+\s+(\w+)\b")

INVERTED, NOT_DRAWN = "inverted", "not drawn"


@dataclass(frozen=True)
class Inversion:
    """What became of one question: the log of a flip, or of why there was none."""

    problem_id: str
    outcome: str
    """What happened: "inverted", "not drawn", or why a drawn question stayed as it was."""
    solution: str
    """The right answer now."""


def negated_question(question: str) -> str | None:
    """The question with its first or second word negated ("did" to "didn't"); None where no rule fits.

    The first word is looked at before the second. A question that holds a negation already is left alone: twice no is
    no inversion.

    Example:
        "What will happen next?" gives "What won't happen next?"; "Why is it red?" gives "Why isn't it red?".
    """
    if _NEGATIVE.search(question):
        return None
    for opening in (_FIRST_WORD.match(question), _SECOND_WORD.match(question)):
        if opening and opening[1].lower() in NEGATED:
            verb = opening[1][0] + NEGATED[opening[1].lower()][1:]
            return question[: opening.start(1)] + verb + question[opening.end(1) :]
    return None


def inverted(sample: Sample, generator: random.Random) -> tuple[Sample, str]:
    """The inverted question, or the same one and why it cannot be inverted (TW-GRPO, arXiv 2505.24718).

    The question is negated; the right option is kept with k of the n - 1 wrong ones, k drawn from 1 to n - 1; they are
    shuffled and lettered anew; the answer is every option but the once right one, `<answer>A,C</answer>`.

    How we differ: the released code inverts the answer also where its rules leave the question positive, which makes it
    wrong; here nothing changes then. It writes the question in lower case; here the wording stays. Letters are sorted.
    Score the result with the reward "soft_choice", and let the prompt allow several letters.
    """
    if sample.problem_type != "multiple choice":
        return sample, "not multiple choice"
    texts = lettered_texts(sample.options)
    if texts is None or option_problem(sample) is not None or list(ascii_uppercase[: len(texts)]) == texts:
        return sample, "options are not lettered texts with one right letter"
    question = negated_question(sample.problem)
    if question is None:
        return sample, "no rule negates the question"
    right = texts[ascii_uppercase.index(solution_text(sample.solution))]
    wrong = [text for text in texts if text != right]
    chosen = [right, *generator.sample(wrong, generator.randint(1, len(wrong)))]
    generator.shuffle(chosen)
    letters = [letter for letter, text in zip(ascii_uppercase, chosen, strict=False) if text != right]
    options = tuple(f"{letter}. {text}" for letter, text in zip(ascii_uppercase, chosen, strict=False))
    solution = f"<answer>{','.join(letters)}</answer>"
    return replace(sample, problem=question, options=options, solution=solution, process=""), INVERTED


def invert_questions(
    samples: Sequence[Sample], *, share: float = 0.5, seed: int = 0
) -> tuple[list[Sample], list[Inversion]]:
    """Each question drawn with probability `share` and then inverted where that can be done; and the log of it.

    What becomes of a question depends on the seed, its place and its id alone. Raises ConfigError when `share` is not
    in [0, 1].
    """
    if not 0 <= share <= 1:
        raise ConfigError(f"question_inversion is {share}: give a share between 0 and 1")
    result, log = [], []
    for place, sample in enumerate(samples):
        generator = random.Random(f"inversion {seed} {place} {sample.problem_id}")  # noqa: S311  # data, not a secret
        now, outcome = inverted(sample, generator) if generator.random() < share else (sample, NOT_DRAWN)
        result.append(now)
        log.append(Inversion(sample.problem_id, outcome, now.solution))
    return result, log


def inversion_summary(log: Sequence[Inversion]) -> str:
    """One line, "7 x inverted, 9 x not drawn", most first."""
    return ", ".join(f"{number} x {outcome}" for outcome, number in Counter(i.outcome for i in log).most_common())


def write_inversions(log: Sequence[Inversion], path: str | Path) -> None:
    """Write one JSON object a line with problem_id, outcome and solution; the file appears whole or not at all."""
    target = Path(path)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    partial.write_text("".join(json.dumps(asdict(entry)) + "\n" for entry in log), encoding="ascii")
    os.replace(partial, target)
