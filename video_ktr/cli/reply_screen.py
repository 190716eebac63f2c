"""A model's reply on the terminal, while it comes and with its key tokens in colour."""

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from video_ktr.evaluation.reply_parts import Part, ReplyParts

if TYPE_CHECKING:
    from rich.text import Text

    from video_ktr.evaluation.explaining import ScoredToken

HEADINGS: dict[Part, str] = {"think": "Think:", "answer": "Answer:", "other": "Reply:"}
# Control characters other than tab and line end (the escape of terminal sequences among them), marks that turn the
# direction of writing, line ends that only some programs know, and halves of a surrogate pair.
_UNSAFE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\\ud800-\\udfff]")


def harmless(text: str) -> str:
    """The text with what could steer a terminal written out: the escape character becomes ``\\x1b``."""
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


class ReplyScreen:
    """Writes a reply to the standard output as it comes: reasoning and answer apart, without their tags.

    White space around a part is left out, and a part of white space alone is not shown.
    """

    def __init__(self) -> None:
        self._parts = ReplyParts()
        self._shown: Part | None = None
        self._space = ""

    def push(self, text: str) -> None:
        """Show the next piece of the reply."""
        self._show(self._parts.push(text))

    def finish(self) -> None:
        """Show what was held back, and end the line."""
        self._show(self._parts.finish())
        self._write("\n")

    def _show(self, pieces: Sequence[tuple[Part, str]]) -> None:
        for part, piece in pieces:
            if part != self._shown:
                text = piece.lstrip()
                if not text:
                    continue
                apart = "" if self._shown is None else "\n\n"
                self._write(f"{apart}{HEADINGS[part]}\n")
                self._shown, self._space = part, ""
            else:
                text = self._space + piece
            bare = text.rstrip()
            self._space = text[len(bare) :]
            self._write(harmless(bare))

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()


def coloured_tokens(tokens: "Sequence[ScoredToken]") -> "Text":
    """The reply with its key tokens marked, tags included, and below it what the marks mean."""
    from rich.text import Text

    from video_ktr.explorer.terminal import coloured, legend
    from video_ktr.records.token_text import words_of

    return Text("\n\n").join([coloured(words_of(token_record(tokens))), legend()])


def token_record(tokens: "Sequence[ScoredToken]") -> dict[str, Any]:
    """The tokens that show any text, in the form of a training run's token records."""
    shown = [token for token in tokens if token.text]
    record: dict[str, Any] = {"tokens": [harmless(token.text) for token in shown]}
    for name in ("visual", "temporal", "entropy"):
        scores = [getattr(token, name) for token in shown]
        record[f"{name}_score"] = None if None in scores else scores
        record[f"{name}_selected"] = [name in token.key for token in shown]
    return record
