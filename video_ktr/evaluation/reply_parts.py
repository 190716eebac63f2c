"""A reply taken apart into its reasoning and its answer, whole or while it arrives."""

import re
from typing import Literal

from video_ktr.rewards.answer import extract_answer

Part = Literal["think", "answer", "other"]
"""Inside ``<think>``, inside ``<answer>``, outside both."""
PART_OF_TAG: dict[str, Part] = {"<think>": "think", "</think>": "other", "<answer>": "answer", "</answer>": "other"}
_TAG = re.compile("|".join(PART_OF_TAG))


class ReplyParts:
    """Tells which part each piece of text belongs to; the tags themselves are left out.

    A piece may end inside a tag: what could still become one is held back until it is decided. The last tag rules: a
    tag that is never closed opens a part to the end, a closing one without its opening leads outside.
    """

    def __init__(self) -> None:
        self._part: Part = "other"
        self._held = ""

    def push(self, text: str) -> list[tuple[Part, str]]:
        """The pieces that `text` decides, none of them empty."""
        text = self._held + text
        pieces: list[tuple[Part, str]] = []
        start = 0
        for tag in _TAG.finditer(text):
            pieces.append((self._part, text[start : tag.start()]))
            self._part, start = PART_OF_TAG[tag[0]], tag.end()
        end = len(text) - _begun_tag(text[start:])
        pieces.append((self._part, text[start:end]))
        self._held = text[end:]
        return [(part, piece) for part, piece in pieces if piece]

    def finish(self) -> list[tuple[Part, str]]:
        """What was held back, now that no more text comes."""
        held, self._held = self._held, ""
        return [(self._part, held)] if held else []


def split_reply(output: str) -> tuple[str, str]:
    """Reasoning and answer of a whole reply, without tags and surrounding white space.

    The answer is the first ``<answer>...</answer>``. Where that is missing or empty it is all that stands outside the
    reasoning: the whole of a reply without tags, the beginning of an answer that was cut, "" for reasoning that was.
    """
    parts = ReplyParts()
    texts = {"think": "", "answer": "", "other": ""}
    for part, text in [*parts.push(output), *parts.finish()]:
        texts[part] += text
    return texts["think"].strip(), extract_answer(output) or (texts["other"] + texts["answer"]).strip()


def _begun_tag(text: str) -> int:
    """How many characters at the end could be the beginning of a tag."""
    longest = max(map(len, PART_OF_TAG)) - 1
    ends = range(min(longest, len(text)), 0, -1)
    return next((n for n in ends if any(tag.startswith(text[-n:]) for tag in PART_OF_TAG)), 0)
