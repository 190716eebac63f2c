"""Where in a completion tokens are updated: the update probability by relative position (paper figure 12).

The paper does not name its bin rule, and its released script multiplies the measured values by random numbers. Ours is
that token t (from 0) of a completion of n tokens falls into bin floor(B t / n).

Letters: T completion tokens.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from video_ktr.analysis.figures import COLOURS, Plot, plain
from video_ktr.analysis.run_data import NO_RECORDS, NOTHING_CHOSEN, RunData, selected_by, signals_on
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.shares import INTERVAL, Share, share_of
from video_ktr.analysis.tables import Table, Value
from video_ktr.records.run_records import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Update probability by position"
BINS = 20
UPDATED = "updated"


@dataclass(frozen=True, kw_only=True)
class Positions:
    """Shares by relative position, one entry a bin."""

    tokens: list[int]
    shares: dict[str, list[Share]]
    """Each signal that was on, and "updated": what `selected` holds."""


def bins_of(length: int, bins: int = BINS) -> NDArray[np.int64]:
    """The bin of each of `length` tokens: floor(bins * t / length). Three tokens and two bins: 0, 0, 1."""
    return np.arange(length, dtype=np.int64) * bins // length


def positions_of(records: list[Record], bins: int = BINS) -> Positions:
    """Selected tokens over all tokens of each bin, over records whose key tokens were chosen.

    All tokens of a bin weigh the same, so long completions weigh more. A completion of fewer tokens than bins leaves
    some bins empty, the last one always.
    """
    signals = signals_on(records)
    questions: dict[str, dict[str, NDArray[np.float64]]] = {}
    for record in records:
        length = len(record["tokens"])
        bins_T = bins_of(length, bins)
        masks = {name: selected_by(record, name) for name in signals}
        masks |= {UPDATED: record["selected"], "tokens": np.ones(length, dtype=bool)}
        counts = questions.setdefault(record["prompt_id"], {name: np.zeros(bins) for name in masks})
        for name, mask_T in masks.items():
            counts[name] += np.bincount(bins_T, weights=np.asarray(mask_T, dtype=float), minlength=bins)
    of_all = list(questions.values())
    wholes = np.array([counts["tokens"] for counts in of_all])
    shares = {
        name: [share_of([counts[name][bin_] for counts in of_all], list(wholes[:, bin_])) for bin_ in range(bins)]
        for name in [*signals, UPDATED]
    }
    return Positions(tokens=[int(number) for number in wholes.sum(axis=0)], shares=shares)


def position_section(run: RunData, other: RunData | None, bins: int = BINS) -> Section | Missing:
    """The section of the report; the other run's updates are drawn beside where its key tokens were chosen."""
    if not run.chosen:
        return Missing(title=TITLE, reason=NOTHING_CHOSEN if run.records else NO_RECORDS)
    found = positions_of(run.chosen, bins)
    others = positions_of(other.chosen, bins) if other is not None and other.chosen else None
    tables = [_table("positions", run.name, found, bins)]
    if other is not None and others is not None:
        tables.append(_table("positions_other", other.name, others, bins))
    names = run.name, "" if other is None else other.name
    return Section(
        id="positions",
        title=TITLE,
        text=(
            f"Token t (from 0) of a completion of n tokens falls into bin floor({bins} t / n). A value is the number "
            "of selected tokens of a bin over all tokens of the bin, a mean over tokens: long completions weigh more "
            f"(paper figure 12). Completions of fewer than {bins} tokens leave bins empty, the last one always. "
            "Counted are all recorded completions whose key tokens were chosen.",
            INTERVAL,
        ),
        tables=tuple(tables),
        plots=(Plot(name="positions", title=TITLE, draw=lambda figure: _draw(figure, found, others, names)),),
    )


def _table(name: str, run: str, found: Positions, bins: int) -> Table:
    parts = [f"{series}{part}" for series in found.shares for part in ("", " low", " high")]
    rows: list[tuple[Value, ...]] = []
    for index in range(bins):
        shares = [shares[index] for shares in found.shares.values()]
        values = [value for share in shares for value in (share.value, share.low, share.high)]
        rows.append((index, index / bins, (index + 1) / bins, found.tokens[index], *values))
    columns = ("bin", "from", "to", "tokens", *parts)
    return Table(name=name, title=f"Update probability by position: {run}", columns=columns, rows=tuple(rows))


def _draw(figure: "Figure", found: Positions, others: Positions | None, names: tuple[str, str]) -> None:
    axes = figure.add_subplot()
    bins = len(found.tokens)
    middles = [100 * (index + 0.5) / bins for index in range(bins)]
    drawn = [(found, names[0], "-", list(found.shares))]
    if others is not None:
        drawn.append((others, names[1], "--", [UPDATED]))
    for positions, run, style, series in drawn:
        for name in series:
            colour = COLOURS["union" if name == UPDATED else name] if style == "-" else COLOURS["rest"]
            shares = positions.shares[name]
            label = name if others is None else f"{name}, {plain(run)}"
            axes.plot(middles, _percent([s.value for s in shares]), style, color=colour, label=label)
            low, high = _percent([s.low for s in shares]), _percent([s.high for s in shares])
            axes.fill_between(middles, low, high, color=colour, alpha=0.1, linewidth=0)
    axes.set_xlim(0, 100)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("position in the completion, %")
    axes.set_ylabel("selected tokens, %")
    axes.legend(fontsize="small")


def _percent(values: list[float | None]) -> list[float]:
    return [float("nan") if value is None else 100 * value for value in values]
