"""The lines in which a verb tells what a benchmark's result amounts to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from video_ktr.cli.data_inspect import shown

if TYPE_CHECKING:
    from video_ktr.evaluation.summary import ModeSummary, Summary

_CELL = 26


def summary_lines(summary: "Summary") -> Iterator[str]:
    """Counts, warnings, each rule's averages, then the sub-scores with a column a rule; in percent, 95 % intervals."""
    counts = summary.counts
    expected = "" if counts["expected"] is None else f" ({counts['expected']} expected)"
    yield f"{summary.benchmark}: {counts['questions']} questions{expected}"
    told = [f"{number} {name}" for name, number in counts.items() if name not in {"questions", "expected"} and number]
    yield f"  {', '.join(told)}"
    yield from (f"  warning: {shown(line)}" for line in summary.warnings)
    for mode, scores in summary.modes.items():
        best, overall = scores.headline, scores.overall
        micro = "" if best.name == "micro" else f"; micro {_percent(overall.accuracy, overall.low, overall.high)}"
        yield f"{mode:9} {_percent(best.value, best.low, best.high)} n {best.n}, {best.name} average{micro}"
    for kind in next(iter(summary.modes.values())).groups:
        yield from _group_lines(kind, summary.modes)


def _group_lines(kind: str, modes: "dict[str, ModeSummary]") -> Iterator[str]:
    yield f"{_row([f'by {kind}', *modes])}"
    for value in dict.fromkeys(value for scores in modes.values() for value in scores.groups[kind]):
        tallies = [scores.groups[kind].get(value) for scores in modes.values()]
        cells = ["" if t is None else f"{_percent(t.accuracy, t.low, t.high)} n {t.n}" for t in tallies]
        yield _row([f"  {shown(value)}", *cells])
    macro = [scores.macro[kind] for scores in modes.values()]
    yield _row(["  macro average", *(_percent(average.value, average.low, average.high) for average in macro)])


def _row(cells: list[str]) -> str:
    return "  ".join([f"{cells[0]:32}", *(f"{cell:{_CELL}}" for cell in cells[1:])]).rstrip()


def _percent(value: float, low: float, high: float) -> str:
    return f"{100 * value:5.1f} [{100 * low:.1f}, {100 * high:.1f}]"
