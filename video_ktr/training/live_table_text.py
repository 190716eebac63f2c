"""The table of coloured completions, as an HTML page and as Markdown.

Model text is untrusted: in the page it is escaped, and the page may load and run nothing; in Markdown every character
with a meaning is escaped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from video_ktr.records.signal_colours import COLOURS, MARKS
from video_ktr.records.token_text import LABELS, SIGNALS, Word

TEMPLATE = "live_table.html.jinja"
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()#+.!|~:=-]")


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One completion: what was asked, what it got, and its words with the signals that selected them."""

    question: str
    rewards: str
    advantage: str
    words: Sequence[Word]


def table_page(step: int, rows: Sequence[TableRow]) -> str:
    """A page of its own; a selected word has the colour of its first signal, and a mark for each of its signals."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(TEMPLATE).render(
        step=step, completions=rows, signals=SIGNALS, labels=LABELS, marks=MARKS, colours=COLOURS
    )


def table_markdown(rows: Sequence[TableRow]) -> str:
    """The same for a display that takes no colours: selected words are bold, with their marks."""
    legend = ", ".join(f"{LABELS[name]}{MARKS[name]}" for name in SIGNALS)
    lines = [f"| question | rewards | advantage | completion: {legend} |", "| --- | --- | --- | --- |"]
    for row in rows:
        cells = (_plain(row.question), _plain(row.rewards), _plain(row.advantage), "".join(map(_word, row.words)))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _word(word: Word) -> str:
    text, marks = _plain(word.text), "".join(MARKS[name] for name in word.signals)
    return _plain(word.space) + (f"**{text}{marks}**" if marks and text else text)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    one_line = re.sub(r"\s", " ", text)
    return _MARKDOWN.sub(lambda found: f"&#{ord(found[0])};", escape(one_line, quote=False))
