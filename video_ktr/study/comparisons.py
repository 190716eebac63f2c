"""Arms compared pair by pair: cells of one start and seed saw the same questions in the same order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from video_ktr.study.plan import CellKey, Plan
from video_ktr.study.results import CellResult
from video_ktr.study.statistics import (
    LEVEL,
    Floats,
    crossed_bootstrap,
    detectable,
    holm,
    sign_flip_p,
    smallest_p,
    spread,
)

Measure = Callable[[CellResult], Floats | None]
"""What a cell is worth, one number a question, or one number in all; None where it has none."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One arm against its reference in one measure."""

    measure: str
    arm: str
    reference: str
    pairs: int
    difference: float
    """Mean of arm minus reference over the pairs."""
    low: float
    high: float
    """95 % bootstrap interval."""
    p: float
    """Of the sign-flip test."""
    corrected: float
    """After Holm's correction for the comparisons of the table it stands in."""
    reachable: float
    """The smallest corrected p that so many pairs allow: above 0.05 this comparison could show nothing at all."""
    deviation: float | None
    """Standard deviation of the pairs' differences; None for one pair."""
    detectable: float | None
    """The true difference that 80 of 100 such studies would show."""

    @property
    def shown(self) -> bool:
        """Whether the corrected test and the interval both say that there is a difference."""
        return self.corrected <= LEVEL and (self.low > 0 or self.high < 0)

    @property
    def verdict(self) -> str:
        """The only words in which the report speaks of it."""
        if not self.shown:
            return "no difference shown"
        return "higher" if self.difference > 0 else "lower"


def compare(
    plan: Plan, results: Sequence[CellResult], measures: dict[str, Measure], arms: Iterable[tuple[str, str]] = ()
) -> list[Comparison]:
    """Compare the pairs of arms that `plan` names in every measure; p is corrected over all that is returned.

    `arms` takes the place of the plan's pairs. A pair of arms without a common start and seed is left out. In a cell
    that is missing or has no such measure, its pair is left out.
    """
    cells = {result.key: result for result in results}
    found = []
    for name, measure in measures.items():
        for arm, reference in arms or plan.comparisons:
            blocks = _blocks(plan, cells, measure, arm, reference)
            if blocks:
                found.append(_compared(name, arm, reference, blocks))
    corrected = holm([one.p for one in found])
    return [
        replace(
            one,
            corrected=p,
            reachable=min(1.0, len(found) * smallest_p(one.pairs)),
            detectable=None if one.deviation is None else detectable(one.deviation, one.pairs, len(found)),
        )
        for one, p in zip(found, corrected, strict=True)
    ]


def scores(result: CellResult) -> Floats:
    """The measure "accuracy": score by score."""
    return np.asarray(result.scores)


def scores_of_type(kind: str) -> Measure:
    """The measure of one kind of question."""

    def measure(result: CellResult) -> Floats | None:
        chosen = [score for score, other in zip(result.scores, result.types, strict=True) if other == kind]
        return np.asarray(chosen) if chosen else None

    return measure


def area(result: CellResult) -> Floats | None:
    """The measure "training curve": its mean height."""
    return None if result.area is None else np.array([result.area])


def _blocks(plan: Plan, cells: dict[CellKey, CellResult], measure: Measure, arm: str, reference: str) -> list[Floats]:
    """Differences (pairs, questions), one block for each set of questions."""
    blocks: dict[str, list[Floats]] = {}
    for start in plan.starts:
        for seed in plan.seeds:
            first = cells.get(CellKey(arm=arm, start=start, seed=seed))
            second = cells.get(CellKey(arm=reference, start=start, seed=seed))
            if first is None or second is None:
                continue
            ours, theirs = measure(first), measure(second)
            if ours is not None and theirs is not None:
                blocks.setdefault(first.question_set, []).append(ours - theirs)
    return [np.stack(rows) for rows in blocks.values()]


def _compared(name: str, arm: str, reference: str, blocks: list[Floats]) -> Comparison:
    differences = [float(mean) for block in blocks for mean in block.mean(axis=1)]
    low, high = crossed_bootstrap(blocks)
    return Comparison(
        measure=name,
        arm=arm,
        reference=reference,
        pairs=len(differences),
        difference=sum(differences) / len(differences),
        low=low,
        high=high,
        p=sign_flip_p(differences),
        corrected=1.0,
        reachable=1.0,
        deviation=spread(differences),
        detectable=None,
    )
