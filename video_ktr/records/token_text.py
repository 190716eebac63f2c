"""Completions as words that carry signals, made from the token records of a run.

A tokenizer may cut a word into several tokens. For reading they are joined again; a word is visual, temporal or
uncertain when any of its tokens was selected by that signal.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIGNALS = ("visual", "temporal", "entropy")
LABELS = {"visual": "visual", "temporal": "temporal", "entropy": "uncertain"}
MEANINGS = {
    "visual": "less likely, or more, once the video is hidden",
    "temporal": "less likely, or more, once the frames are out of order",
    "entropy": "drawn where the model was least sure",
}
_UNFINISHED = "\ufffd"  # what a token that ends inside a character decodes to


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word, or one piece of punctuation, and what its tokens scored.

    Example: the tokens " tri" (visual) and "angle" (temporal) give ``Word(space=" ", text="triangle",
    signals=("visual", "temporal"), scores={"visual": 2.1, "temporal": 0.9, "entropy": 0.3})``.
    """

    space: str
    """White space before it."""
    text: str
    signals: tuple[str, ...]
    """The signals that selected it, in the order of `SIGNALS`."""
    scores: Mapping[str, float]
    """The largest score among its tokens, in nats, of every signal that was on."""


def words_of(record: Mapping[str, Any]) -> list[Word]:
    """Join the tokens of one record into words; the spaces and texts put together are the tokens put together.

    See `word_places` for where words end. A character cut across tokens stays a replacement mark: the record holds each
    token's own text.
    """
    return [_word(record, group) for group in word_places(record["tokens"])]


def word_places(tokens: Sequence[str]) -> list[list[int]]:
    """The places of each word's tokens: all places, once and in order.

    Letters and digits that follow letters or digits without a space continue a word, except in scripts that write no
    spaces. White space by itself belongs to the word behind it.
    """
    groups: list[list[int]] = []
    for index, token in enumerate(tokens):
        before = "".join(tokens[i] for i in groups[-1]) if groups else ""
        if groups and (not before.strip() or _continues(before, token)):
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _continues(before: str, token: str) -> bool:
    return bool(token) and _is_word_part(before[-1]) and _is_word_part(token[0])


def _is_word_part(character: str) -> bool:
    if character == _UNFINISHED:
        return True
    joined = character.isalnum() or unicodedata.combining(character) != 0
    return joined and unicodedata.east_asian_width(character) not in ("W", "F")


def _word(record: Mapping[str, Any], group: list[int]) -> Word:
    text = "".join(record["tokens"][i] for i in group)
    scores = {name: record[f"{name}_score"] for name in SIGNALS}
    selected = {name: record[f"{name}_selected"] for name in SIGNALS}
    bare = text.lstrip()
    return Word(
        space=text[: len(text) - len(bare)],
        text=bare,
        signals=tuple(name for name in SIGNALS if selected[name] and any(selected[name][i] for i in group)),
        scores={name: max(values[i] for i in group) for name, values in scores.items() if values},
    )
