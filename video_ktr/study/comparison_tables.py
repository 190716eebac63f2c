"""The report's tables of comparisons, and the sentences about them."""

from collections.abc import Callable, Sequence

from video_ktr.study.comparisons import Comparison
from video_ktr.study.differences import ABSENT, NAMED, OWN, UNNAMED, Difference
from video_ktr.study.plan import Plan
from video_ktr.study.results import CellResult
from video_ktr.study.statistics import LEVEL
from video_ktr.study.tables import Table, percent, points, probability

MISSING = "-"


def sentence(one: Comparison) -> str:
    """What can be said of a comparison of accuracies; inside the noise no word of better or worse."""
    count = f"{one.pairs} pair{'s' if one.pairs > 1 else ''}"
    pair = f"{one.arm} against {one.reference}: {one.verdict}"
    numbers = f"95 % interval {points(one.low)} to {points(one.high)}, corrected p {probability(one.corrected)}"
    if one.shown:
        return f"{pair} by {percent(abs(one.difference))} points ({numbers}, {count})."
    hint = ""
    if one.reachable > LEVEL:
        hint = f" {count} could not have shown any: the smallest corrected p is {one.reachable:.2g}."
    return f"{pair} ({points(one.difference)} points, {numbers}, {count}).{hint}"


def comparison_table(comparisons: Sequence[Comparison], show: Callable[[float], str] = points) -> Table:
    """One row a comparison."""
    rows = [
        [
            one.arm,
            one.reference,
            str(one.pairs),
            show(one.difference),
            f"{show(one.low)} to {show(one.high)}",
            probability(one.p),
            probability(one.corrected),
            one.verdict,
        ]
        for one in comparisons
    ]
    columns = ["arm", "against", "pairs", "difference", "95 % interval", "p", "corrected p", "verdict"]
    return Table(columns=columns, rows=rows)


def type_table(comparisons: Sequence[Comparison]) -> Table:
    """One row a pair of arms, one column a kind of question; a star where a difference is shown."""
    kinds = sorted({one.measure for one in comparisons})
    found = {(one.arm, one.reference, one.measure): one for one in comparisons}
    rows = []
    for arm, reference in dict.fromkeys((one.arm, one.reference) for one in comparisons):
        cells = [found.get((arm, reference, kind)) for kind in kinds]
        rows.append([arm, reference, *(MISSING if one is None else _interval(one, points) for one in cells)])
    return Table(columns=["arm", "against", *kinds], rows=rows)


def power_table(comparisons: Sequence[Comparison]) -> Table:
    """What the study could have seen."""
    rows = [
        [
            one.arm,
            one.reference,
            str(one.pairs),
            MISSING if one.deviation is None else percent(one.deviation),
            MISSING if one.detectable is None else percent(one.detectable),
            f"{one.reachable:.2g}",
        ]
        for one in comparisons
    ]
    columns = ["arm", "against", "pairs", "SD of a pair", "detectable, points", "smallest corrected p"]
    return Table(columns=columns, rows=rows)


def start_table(plan: Plan, results: Sequence[CellResult]) -> Table:
    """Mean difference of accuracy in points, start by start: whether the starts agree."""
    accuracy = {result.key: result.accuracy for result in results}
    rows = []
    for arm, reference in plan.comparisons:
        row = [arm, reference]
        for start in plan.starts:
            pairs = [
                accuracy[key] - accuracy[other]
                for key in accuracy
                for other in accuracy
                if (key.arm, other.arm) == (arm, reference) and key.start == other.start == start
                if key.seed == other.seed
            ]
            row.append(points(sum(pairs) / len(pairs)) if pairs else MISSING)
        rows.append(row)
    return Table(columns=["arm", "against", *plan.starts], rows=rows)


def settings_table(differences: Sequence[Difference]) -> Table:
    """Settings that differ between compared arms, one row a pair: what the study names, and what it does not."""
    rows = []
    for arm, reference in dict.fromkeys((one.arm, one.reference) for one in differences):
        pair = [one for one in differences if (one.arm, one.reference) == (arm, reference)]
        named = [f"{one.setting}: {one.value} / {one.other}" for one in pair if one.reason == NAMED]
        own = [f"{one.setting}: {one.other if one.value == ABSENT else one.value}" for one in pair if one.reason == OWN]
        unnamed = [f"{one.setting}: {one.value} / {one.other}" for one in pair if one.reason == UNNAMED]
        rows.append([arm, reference, "; ".join(named), "; ".join(unnamed) or "none", "; ".join(own)])
    columns = ["arm", "against", "named by the study (arm / other)", "not named", "settings that one method alone has"]
    return Table(columns=columns, rows=rows)


def _interval(one: Comparison, show: Callable[[float], str]) -> str:
    return f"{show(one.difference)} ({show(one.low)} to {show(one.high)}){' *' if one.shown else ''}"
