"""Ways to take an answer out of a model's output: pure functions, one for each rule in use.

None means that the rule finds no answer. Every search is linear in the length of the output.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from video_ktr.rewards.answer import tagged_answer

_OPEN, _CLOSE = "<answer>", "</answer>"
_THINK, _END_THINK = "<think>", "</think>"
_EDGE = ",.!?;:'"
VIDEOMMMU_MARKS = (("{}.", "{}:"), ("({})",), ("{} ",))
"""How VideoMMMU looks for a letter, best kind first; those of one kind are pooled."""
MMMU_MARKS = (("({})",), (" {} ",))
"""How MMMU does."""
# Known beginnings of a reply, longest first where one begins another.
_VIDEOMME_BEGINNINGS = (
    "The best answer is",
    "The correct answer is",
    "The best option is",
    "The correct option is",
    "The answer is",
    "The answer",
    "Best answer:",
    "Best option:",
)
# Priority and how a candidate of lenient_choice looks; {0} is the class of letters.
_LENIENT = (
    (10, r"\A\s*([{0}])[.:),]"),
    (10, r"\A\s*([{0}])\s*\Z"),
    (9, r"(?<![^\s(:])([{0}])[.)]?\s*\Z"),
    (7, r"(?:[Aa]nswer is|[Aa]nswer:|[Oo]ption)[\s:(]*([{0}])(?!\w)"),
    (6, r"\(([{0}])\)"),
    (5, r"(?<!\S)([{0}])\."),
    (4, r"(?<!\S)([{0}]):"),
    (3, r"(?<!\S)([{0}])\)"),
    (2, r"(?<!\S)([{0}])\s"),
    (1, r"(?<!\S)([{0}])(?=[,;!?])"),
)


def first_answer_block(output: str) -> str | None:
    """What stands in the first ``<answer>...</answer>``, stripped; None without one."""
    return tagged_answer(output)


def last_answer_block(output: str) -> str | None:
    """What stands in the last ``<answer>...</answer>``, stripped; None without one.

    Blocks are read from the front and do not overlap: in "<answer>A<answer>B</answer>" the one block is "A<answer>B".
    """
    found, start = None, output.find(_OPEN)
    while start >= 0 and (end := output.find(_CLOSE, start + len(_OPEN))) >= 0:
        found = output[start + len(_OPEN) : end].strip()
        start = output.find(_OPEN, end + len(_CLOSE))
    return found


def spoken(output: str) -> str:
    """What follows the reasoning: behind the last ``</think>``, or all where no reasoning is marked.

    Reasoning that does not end leaves "": the output was cut before it answered.
    """
    _, ended, said = output.rpartition(_END_THINK)
    if not ended and _THINK in output:
        return ""
    return said.strip()


def final_answer(output: str) -> str:
    """The first answer block, or without one (or with an empty one) what follows the reasoning.

    The official rules were written for replies that give the answer at once; they are applied to this part.
    """
    return first_answer_block(output) or spoken(output)


def lenient_choice(text: str, letters: str) -> str | None:
    """The letter that lmms-eval's shared extractor would take from `text`; None where nothing looks like a choice.

    Candidates by priority: at the start, before a mark or alone, 10; at the end 9; after "answer is" or "option" 7;
    "(B)" 6; "B." 5; "B:" 4; "B)" 3; "B " 2; "B," 1. The best kind counts, and in it the last place. Only capitals of
    `letters` count. A letter before a blank is no start: "A man walks; the answer is B" gives B. Written from the
    description of the rule, so that rare forms may differ.
    """
    if not letters:
        return None
    found = [
        (priority, match.start(1), match[1])
        for priority, pattern in _LENIENT
        for match in re.finditer(pattern.replace("{0}", re.escape(letters)), text)
    ]
    return max(found)[2] if found else None


def leading_letter(text: str) -> str:
    """The letter of a reply that begins "B." (AI2D), else the whole text."""
    match = re.match(r"\s*([A-Z])\.", text)
    return match[1] if match else text


def holmes_letter(text: str) -> str | None:
    """The letter by Video-Holmes' own matcher: over A to F, the first X with "X ", "X:" or "[X" in the text.

    Without any, the first letter of A to F that the text holds anywhere. Biased to early letters, as published: "D. A
    man" gives A.
    """
    letters = "ABCDEF"
    for letter in letters:
        if any(mark in text for mark in (f"{letter} ", f"{letter}:", f"[{letter}")):
            return letter
    return next((letter for letter in letters if letter in text), None)


def mmmu_choice(text: str, choices: Mapping[str, str], marks: Sequence[Sequence[str]]) -> str | None:
    """The letter by MMMU's parser: the first kind of `marks` that the text holds, and in it the last place.

    Punctuation at the edges is taken off and a blank put there. Without a mark, a text of more than five words is
    searched for the options' texts, case apart, the last place again. None where MMMU would draw a letter at random.
    """
    stripped = text.strip(_EDGE)
    padded = f" {stripped} "
    for kind in marks:
        places = {letter: max(padded.rfind(mark.format(letter)) for mark in kind) for letter in choices}
        if any(place >= 0 for place in places.values()):
            return max(places, key=lambda letter: places[letter])
    if len(stripped.split()) <= 5:
        return None
    low = padded.lower()
    found = {letter: low.rfind(option.lower()) for letter, option in choices.items() if option}
    best = max(found, key=lambda letter: found[letter], default=None)
    return best if best is not None and found[best] >= 0 else None


def videomme_letter(text: str) -> str | None:
    """The first A, B, C or D after the known beginnings of a reply are taken out (VideoMME's own rule).

    None where there is none. A text of more than ten words without any is the published rule's first case, with the
    same outcome.
    """
    rest = text.strip()
    for beginning in _VIDEOMME_BEGINNINGS:
        rest = rest.replace(beginning, "")
    match = re.search("[ABCD]", rest)
    return match[0] if match else None


def first_token(text: str) -> str:
    """What stands before the first blank, without full stops at its end (VSI-Bench)."""
    return next(iter(text.split(maxsplit=1)), "").rstrip(".")


def numbers(text: str) -> Iterator[str]:
    """The numbers in a text as they are written: "-3", "1,200.5", "3e-2", ".5"."""
    for match in re.finditer(
        r"(?:(?<!\w)-)?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<![\w.])\.\d+)(?:[eE][+-]?\d+)?", text, re.ASCII
    ):
        yield match[0]
