"""The words of recorded completions and the signals that selected them, aligned with the tokens by characters.

Words are cut from the text, not from the tokens: a tokenizer that cuts "doesn't" as "does", "n't" or a tagger that cuts
it elsewhere must not change what is counted. A stretch of text is selected by a signal when any token that shares a
character with it is.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, chain, pairwise

from video_ktr.records.run_records import Record
from video_ktr.records.token_text import SIGNALS

ANY = "any"
"""Beside the signals: selected by at least one of them."""
APOSTROPHE = "\u2019"
"""The typographic one."""
MARKUP_NOTE = (
    'Special tokens such as "<|im_end|>" and tags such as "<think>" are neither words nor punctuation: they are left '
    "out, selected or not."
)
_MARKUP = re.compile(r"<\|[^<>|]*\|>|</?[A-Za-z_][\w:-]*\s*/?>")
# Over the kinds of characters (`_kind`): a letter, 0 digit, W letter of a script without spaces, ' and . as they are.
_WORD = re.compile(r"(?:[a0]|(?<=[a0])'(?=a)|(?<=0)\.(?=0))+|W+")


@dataclass(frozen=True, slots=True)
class WordOccurrence:
    """One word of one completion."""

    text: str
    form: str
    """What equal words share (`form_of`)."""
    start: int
    """Of its characters in the text, which is the tokens joined; `end` is the one after its last."""
    end: int
    signals: tuple[str, ...]
    """The signals that selected it, in the order of `SIGNALS`."""


@dataclass(frozen=True)
class WordCounts:
    """How often each form occurs among the words that a signal selected, and among those it did not."""

    selected: Counter[str] = field(default_factory=Counter)
    rest: Counter[str] = field(default_factory=Counter)


class AlignedText:
    """The text of one token record, and which signals selected what of it.

    Args:
        record: A token record; `tokens` may hold empty strings, which cover nothing.
    """

    def __init__(self, record: Record):
        tokens: Sequence[str] = record["tokens"]
        self.text = "".join(tokens)
        self.ends = list(accumulate(map(len, tokens)))
        self.starts = [end - len(token) for end, token in zip(self.ends, tokens, strict=True)]
        self.signals = signals_of(record)
        """The signals that could select here."""
        self._selected = {name: list(record[f"{name}_selected"]) for name in self.signals}

    @property
    def prose(self) -> str:
        """The text with markup made blank, character by character, so that places stay what they are."""
        return _MARKUP.sub(lambda found: "\n" + " " * (len(found[0]) - 1), self.text)

    def selected_by(self, start: int, end: int) -> tuple[str, ...]:
        """The signals that selected a token which covers a character of [start, end)."""
        over = [
            index
            for index in range(bisect_right(self.ends, start), bisect_left(self.starts, end))
            if self.starts[index] < self.ends[index]
        ]
        return tuple(name for name in self.signals if any(self._selected[name][index] for index in over))

    def words(self) -> list[WordOccurrence]:
        """The words in order.

        A word is a run of letters, digits and marks, with apostrophes inside ("doesn't") and decimal points or commas
        between digits ("3.14"); hyphens part words. Scripts that write no spaces have no words to be seen: there, each
        token's part of a run is one. A run without a letter or digit, such as a lone piece of a character that was cut
        across tokens, is none.
        """
        prose = self.prose
        runs = [found.span() for found in _WORD.finditer("".join(map(_kind, prose)))]
        spans = chain.from_iterable(self._cut(start, end) for start, end in runs)
        return [
            WordOccurrence(prose[start:end], form_of(prose[start:end]), start, end, self.selected_by(start, end))
            for start, end in spans
            if any(map(str.isalnum, prose[start:end]))
        ]

    def _cut(self, start: int, end: int) -> list[tuple[int, int]]:
        if not _is_wide(self.text[start]):
            return [(start, end)]
        within = range(bisect_right(self.starts, start), bisect_left(self.starts, end))
        cuts = sorted({start, end, *(self.starts[index] for index in within)})
        return list(pairwise(cuts))


def signals_of(record: Record) -> tuple[str, ...]:
    """The signals that this completion had: those that were on and, an image having no temporal one, scored it.

    Where attribution was reused there are selections without scores; a signal that selected anything was there.
    """
    return tuple(
        name
        for name in SIGNALS
        if (selected := record[f"{name}_selected"]) is not None
        and (record[f"{name}_score"] is not None or any(selected))
    )


def form_of(text: str) -> str:
    """The form under which a word is counted: case folded, composed (NFC), with typewriter apostrophes."""
    return unicodedata.normalize("NFC", text.replace(APOSTROPHE, "'").casefold())


def count_words(records: Iterable[Record]) -> dict[str, WordCounts]:
    """Count the forms, selected and not, of each signal and of `ANY`, over records whose key tokens were chosen.

    A signal counts the completions that had it (`signals_of`) and is left out when none had; with none of the signals
    in any record the result is {}.
    """
    counts: dict[str, WordCounts] = {}
    for record in records:
        aligned = AlignedText(record)
        names = (*aligned.signals, ANY) if aligned.signals else ()
        for name in names:
            counts.setdefault(name, WordCounts())
        for word in aligned.words():
            for name in names:
                chosen = bool(word.signals) if name == ANY else name in word.signals
                (counts[name].selected if chosen else counts[name].rest)[word.form] += 1
    return {name: counts[name] for name in (*SIGNALS, ANY) if name in counts}


def left_out(records: int, chosen: int) -> str:
    """The sentence that says which completions are counted."""
    return (
        f"Counted are the {chosen} recorded completions whose key tokens were chosen; {records - chosen} others, of "
        "groups of equal rewards, had none chosen and are left out."
    )


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    if _is_wide(character):
        return "W"
    if character.isdecimal():
        return "0"
    if character.isalnum() or character == "\ufffd" or unicodedata.category(character).startswith("M"):
        return "a"
    return {"'": "'", APOSTROPHE: "'", ".": ".", ",": "."}.get(character, " ")


def _is_wide(character: str) -> bool:
    return character.isalnum() and unicodedata.east_asian_width(character) in ("W", "F")
