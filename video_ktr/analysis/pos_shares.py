"""Parts of speech of what each signal selects, and of what none does (paper figure 4)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import tee
from typing import TYPE_CHECKING

from video_ktr.analysis.figures import COLOURS, Plot
from video_ktr.analysis.parts_of_speech import UNIVERSAL, Tagger
from video_ktr.analysis.run_data import NO_RECORDS, NOTHING_CHOSEN, RunData
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.tables import Table, Value
from video_ktr.analysis.words import MARKUP_NOTE, AlignedText, left_out
from video_ktr.records.run_records import Record
from video_ktr.records.token_text import SIGNALS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Parts of speech"
UNSELECTED = "unselected"
Row = tuple[Value, ...]


@dataclass(frozen=True)
class PosCounts:
    """The parts of speech of a set of pieces, and of all pieces that could have been in it."""

    chosen: Counter[str] = field(default_factory=Counter)
    base: Counter[str] = field(default_factory=Counter)

    def share(self, pos: str) -> float | None:
        """The part of the set that is `pos`; None of an empty set."""
        return self.chosen[pos] / self.chosen.total() if self.chosen.total() else None

    def ratio(self, pos: str) -> float | None:
        """The share over that among all pieces: 2 says twice as often as by chance. None where either is missing."""
        share = self.share(pos)
        return share * self.base.total() / self.base[pos] if share is not None and self.base[pos] else None


def pos_counts(records: Iterable[Record], tagger: Tagger) -> dict[str, PosCounts]:
    """Count the parts of speech of each signal's set and of `UNSELECTED`, in this order.

    The pieces are what the tagger makes of the text: words, parts of words ("does", "n't") and punctuation marks. A
    piece is selected by a signal when any token that shares a character with it is. `UNSELECTED` is what no signal
    selected. The base of a signal is all pieces of the completions that had it.

    Args:
        records: Those whose key tokens were chosen.
        tagger: Sees each text with its markup made blank.

    Returns:
        A signal that no completion had is left out; {} without records.
    """
    counts: dict[str, PosCounts] = {}
    texts, tagged = tee(map(AlignedText, records))
    for text, spans in zip(texts, tagger.tag(text.prose for text in tagged), strict=True):
        for name in (*text.signals, UNSELECTED):
            counts.setdefault(name, PosCounts()).base.update(span.pos for span in spans)
        for span in spans:
            for name in text.selected_by(span.start, span.end) or (UNSELECTED,):
                counts[name].chosen[span.pos] += 1
    return {name: counts[name] for name in (*SIGNALS, UNSELECTED) if name in counts}


def pos_section(run: RunData, other: RunData | None, tagger: Tagger) -> Section | Missing:
    """The section of the report; the other run has tables of its own where its key tokens were chosen."""
    if not run.chosen:
        return Missing(title=TITLE, reason=NOTHING_CHOSEN if run.records else NO_RECORDS)
    counts = pos_counts(run.chosen, tagger)
    if not counts[UNSELECTED].base:
        return Missing(title=TITLE, reason="the recorded completions hold no words")
    tables = _tables(counts, run.name, "")
    if other is not None and other.chosen:
        tables += _tables(pos_counts(other.chosen, tagger), other.name, "_other")
    return Section(
        id="parts-of-speech",
        title=TITLE,
        text=(
            "The share of each part of speech in what a signal selected, and in what none did (paper figure 4). Ratios "
            "compare a share with that among all pieces of the completions which had the signal: near 1 says no more "
            "than chance. It is not exactly 1 by chance: a word of several tokens has more chances to be selected.",
            f"Tagger: {tagger.name}. {tagger.note}",
            "Counted are the tagger's pieces: words, parts of words such as n't, and punctuation marks, which are the "
            "rows PUNCT and SYM. A piece is selected when any token that shares a character with it is, so that a "
            f"token of a mark and a word selects both. {MARKUP_NOTE}",
            left_out(len(run.records), len(run.chosen)),
        ),
        tables=tuple(tables),
        plots=(Plot(name="parts_of_speech", title=TITLE, draw=lambda figure: _draw(figure, counts)),),
    )


def _tables(counts: dict[str, PosCounts], run: str, suffix: str) -> list[Table]:
    found = counts[UNSELECTED].base
    kinds = [pos for pos in UNIVERSAL if found[pos]]
    sets = {"all": PosCounts(found, found), **counts}

    def table(name: str, title: str, value: Callable[[PosCounts, str], Value], last: Sequence[Row] = ()) -> Table:
        rows: list[Row] = [(pos, *(value(part, pos) for part in sets.values())) for pos in kinds]
        columns = ("part of speech", *sets)
        return Table(name=f"{name}{suffix}", title=f"{title}: {run}", columns=columns, rows=(*rows, *last))

    totals: Row = ("total", *(part.chosen.total() for part in sets.values()))
    return [
        table("parts_of_speech", "Shares", PosCounts.share),
        table("parts_of_speech_ratios", "Ratios to all", PosCounts.ratio),
        table("parts_of_speech_counts", "Counts", lambda part, pos: part.chosen[pos], [totals]),
    ]


def _draw(figure: "Figure", counts: dict[str, PosCounts]) -> None:
    """A group of bars for each part of speech, one bar a set; a line marks the share among all pieces."""
    base = counts[UNSELECTED].base
    kinds = [pos for pos in UNIVERSAL if base[pos]]
    figure.set_size_inches(9, 4)
    axes = figure.add_subplot()
    width = 0.8 / len(counts)
    for place, (name, part) in enumerate(counts.items()):
        at = [index - 0.4 + (place + 0.5) * width for index in range(len(kinds))]
        shares = [100 * (part.share(pos) or 0.0) for pos in kinds]
        axes.bar(at, shares, width, color=COLOURS.get(name, COLOURS["rest"]), label=name)
    for index, pos in enumerate(kinds):
        share = 100 * base[pos] / base.total()
        label = "all" if index == 0 else None
        axes.plot([index - 0.4, index + 0.4], [share, share], color="black", linewidth=1, label=label)
    axes.set_xticks(range(len(kinds)), kinds, rotation=45)
    axes.set_ylabel("share, %")
    figure.legend(loc="outside upper center", ncols=len(counts) + 1, fontsize="small")
