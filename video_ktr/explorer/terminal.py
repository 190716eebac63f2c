"""Completions in the terminal, words coloured by what selected them."""

from collections.abc import Iterable

from rich.text import Text

from video_ktr.records.signal_colours import COLOURS, MARKS
from video_ktr.records.token_text import LABELS, MEANINGS, SIGNALS, Word


def coloured(words: Iterable[Word]) -> Text:
    """The words as one text.

    A selected word takes the colour of its first signal and is followed by one mark, in its own colour, for each of
    its signals.
    """
    text = Text()
    for word in words:
        text.append(word.space)
        text.append(word.text, style=f"bold {COLOURS[word.signals[0]]}" if word.signals else "")
        for name in word.signals:
            text.append(MARKS[name], style=COLOURS[name])
    return text


def legend() -> Text:
    """What colours and marks mean, one signal a line."""
    lines = []
    for name in SIGNALS:
        line = Text(f"{LABELS[name]}{MARKS[name]}", style=f"bold {COLOURS[name]}")
        line.append(f"  {MEANINGS[name]}", style="default not bold")
        lines.append(line)
    return Text("\n").join(lines)
