"""How the sets of key tokens overlap: which signals selected a position together (paper figure 5).

The released figure counts words of dumped text, so that a word selected here by one signal and there by another counts
as overlap; we count token positions of completions.

Letters: T completion tokens.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from video_ktr.analysis.figures import COLOURS, OTHER, RUN, Plot, plain
from video_ktr.analysis.run_data import NO_RECORDS, NOTHING_CHOSEN, RunData, selected_by, signals_on
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.shares import INTERVAL, Share, share_of
from video_ktr.analysis.tables import Table, Value
from video_ktr.records.run_records import Record
from video_ktr.records.token_text import SIGNALS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Overlap of the three sets"
Cell = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The Venn cells of one run, as shares of all tokens of completions whose key tokens were chosen."""

    tokens: int
    signals: tuple[str, ...]
    """The signals that were on."""
    cells: dict[Cell, Share]
    """The signals that selected a position, and no others, -> share; of three signals seven cells."""
    numbers: dict[Cell, int]
    """The same, in tokens."""
    independent: dict[Cell, float]
    """The share each cell would have if, within a completion, the sets were drawn independently of each other."""
    sets: dict[str, Share]
    """Each signal's own set."""
    union: Share
    trained: Share
    """What `selected` holds: the union, or the control that stood for it."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what the union must lie, given the sizes of the sets: the largest, and the sum of all, at most 1.

        Three sets of the same share r give [r, min(1, 3r)].
        """
        sizes = [share.value or 0.0 for share in self.sets.values()]
        return max(sizes), min(1.0, sum(sizes))


def overlap_of(records: list[Record]) -> Overlap:
    """Count the cells of records whose key tokens were chosen (at least one; see `RunData.chosen`)."""
    signals = signals_on(records)
    cells = [cell for size in range(1, len(signals) + 1) for cell in combinations(signals, size)]
    questions: dict[str, dict[Cell | str, float]] = {}
    independent = dict.fromkeys(cells, 0.0)
    for record in records:
        length = len(record["tokens"])
        masks = {name: selected_by(record, name) for name in signals}
        trained_T = np.asarray(record["selected"], dtype=bool)
        found: dict[Cell | str, float] = {cell: int(_only(masks, cell).sum()) for cell in cells}
        found |= {name: int(mask_T.sum()) for name, mask_T in masks.items()}
        found |= {"tokens": length, "trained": int(trained_T.sum())}
        counts = questions.setdefault(record["prompt_id"], dict.fromkeys(found, 0.0))
        for key, number in found.items():
            counts[key] += number
        for cell in cells:
            chances = [found[name] / length if name in cell else 1 - found[name] / length for name in signals]
            independent[cell] += length * float(np.prod(chances))
    of_all = list(questions.values())
    wholes = [counts["tokens"] for counts in of_all]
    total = int(sum(wholes))
    return Overlap(
        tokens=total,
        signals=signals,
        cells={cell: share_of([counts[cell] for counts in of_all], wholes) for cell in cells},
        numbers={cell: int(sum(counts[cell] for counts in of_all)) for cell in cells},
        independent={cell: tokens / total for cell, tokens in independent.items()},
        sets={name: share_of([counts[name] for counts in of_all], wholes) for name in signals},
        union=share_of([sum(counts[cell] for cell in cells) for counts in of_all], wholes),
        trained=share_of([counts["trained"] for counts in of_all], wholes),
    )


def _only(masks: dict[str, NDArray[np.bool_]], cell: Cell) -> NDArray[np.bool_]:
    only_T: NDArray[np.bool_] = np.all([mask_T if name in cell else ~mask_T for name, mask_T in masks.items()], axis=0)
    return only_T


def overlap_section(run: RunData, other: RunData | None) -> Section | Missing:
    """The section of the report; the other run stands beside it where its key tokens were chosen."""
    if not run.chosen:
        return Missing(title=TITLE, reason=NOTHING_CHOSEN if run.records else NO_RECORDS)
    runs = [run, *([other] if other is not None and other.chosen else [])]
    found = [(each.name, overlap_of(each.chosen)) for each in runs]
    return Section(
        id="overlap",
        title=TITLE,
        text=(
            "Each token position of a completion is in the sets of the signals that selected it. A cell holds the "
            "positions that these signals selected and no others (paper figure 5). Counted are all recorded "
            "completions whose key tokens were chosen; the released figure counts words of text instead of positions.",
            "The share a cell would have if the sets were drawn independently within each completion stands beside it: "
            "more says that the signals agree, less that they divide the tokens between them.",
            INTERVAL,
        ),
        tables=(_cell_table(found), _ratio_table(found)),
        plots=(Plot(name="overlap", title="Venn cells of the sets", draw=lambda figure: _draw(figure, found)),),
    )


def _cell_table(found: list[tuple[str, Overlap]]) -> Table:
    rows: list[tuple[Value, ...]] = [
        (name, " & ".join(cell), overlap.numbers[cell], share.value, share.low, share.high, overlap.independent[cell])
        for name, overlap in found
        for cell, share in overlap.cells.items()
    ]
    columns = ("run", "selected by these alone", "tokens", "share", "low", "high", "share if independent")
    return Table(name="overlap", title="Venn cells, shares of all tokens", columns=columns, rows=tuple(rows))


def _ratio_table(found: list[tuple[str, Overlap]]) -> Table:
    rows: list[tuple[Value, ...]] = []
    for name, overlap in found:
        shares = {**overlap.sets, "union: update ratio": overlap.union, "trained on": overlap.trained}
        for label, share in shares.items():
            rows.append((name, label, _tokens(share, overlap), share.value, share.low, share.high))
        low, high = overlap.bounds
        rows.append((name, "bounds of the union", None, None, low, high))
        rows.append((name, "union if independent", None, sum(overlap.independent.values()), None, None))
        rows.append((name, "all tokens counted", overlap.tokens, 1.0, None, None))
    return Table(
        name="update_ratio",
        title="Sizes of the sets and of their union",
        columns=("run", "set", "tokens", "share", "low", "high"),
        rows=tuple(rows),
        note="The union of sets of these sizes must lie between the largest and their sum: [r, min(1, 3r)] for three "
        "sets of share r. What was trained on differs from the union under a control; soft weightings train on all "
        "tokens by weight.",
    )


def _tokens(share: Share, overlap: Overlap) -> int:
    return round((share.value or 0.0) * overlap.tokens)


def _draw(figure: "Figure", found: list[tuple[str, Overlap]]) -> None:
    """Bars of the cells over a matrix of dots that says which signals a cell is of (an UpSet plot)."""
    signals = [name for name in SIGNALS if any(name in overlap.signals for _, overlap in found)]
    cells = [cell for size in range(1, len(signals) + 1) for cell in combinations(signals, size)]
    bars, dots = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    width = 0.8 / len(found)
    for place, (name, overlap) in enumerate(found):
        at = [index + (place - (len(found) - 1) / 2) * width for index in range(len(cells))]
        shares = [overlap.cells.get(cell, Share(value=0.0, low=None, high=None)) for cell in cells]
        heights = [100 * (share.value or 0.0) for share in shares]
        bars.bar(at, heights, width, color=(RUN, OTHER)[place], label=plain(name))
        for x, share in zip(at, shares, strict=True):
            if share.low is not None and share.high is not None:
                bars.plot([x, x], [100 * share.low, 100 * share.high], color="black", linewidth=0.8)
        bars.plot(
            at,
            [100 * overlap.independent.get(cell, 0.0) for cell in cells],
            "_",
            color="black",
            label="if independent" if place == 0 else None,
        )
    bars.set_ylabel("share of all tokens, %")
    bars.legend(fontsize="small")
    for index, cell in enumerate(cells):
        rows = [signals.index(name) for name in cell]
        dots.plot([index] * len(rows), rows, color="black", linewidth=1, zorder=1)
        dots.scatter([index] * len(rows), rows, color=[COLOURS[name] for name in cell], edgecolor="black", zorder=2)
    dots.set_yticks(range(len(signals)), signals)
    dots.set_ylim(-0.6, len(signals) - 0.4)
    dots.invert_yaxis()
    dots.set_xticks([])
