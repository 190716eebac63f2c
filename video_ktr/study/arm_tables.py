"""The report's tables of arms and cells: accuracy, cost, and every cell."""

from collections.abc import Callable, Sequence

from video_ktr.study.plan import BASELINE_OF_STARTS, Plan
from video_ktr.study.results import CellResult
from video_ktr.study.statistics import spread
from video_ktr.study.tables import Table, percent

MISSING = "-"


def question_types(results: Sequence[CellResult]) -> list[str]:
    """All kinds of questions, in alphabetical order."""
    return sorted({kind for result in results for kind in result.types})


def label(plan: Plan, arm: str) -> str:
    """The arm's name, with its part in the study."""
    part = "baseline" if arm == plan.baseline else "control" if arm in plan.controls else ""
    part = "untrained" if arm == BASELINE_OF_STARTS else part
    return f"{arm} ({part})" if part else arm


def accuracy_table(plan: Plan, results: Sequence[CellResult]) -> Table:
    """Mean held-out accuracy of each arm over its cells, in percent, and how far cells lie apart."""
    kinds = question_types(results)
    rows = []
    for arm in (BASELINE_OF_STARTS, *plan.arms):
        cells = [result for result in results if result.arm == arm]
        deviation = spread([cell.accuracy for cell in cells])
        by_type = [_mean(cells, lambda cell, kind=kind: cell.by_type.get(kind), percent) for kind in kinds]  # type: ignore[misc]
        rows.append(
            [
                label(plan, arm),
                str(len(cells)),
                _mean(cells, lambda cell: cell.accuracy, percent),
                MISSING if deviation is None else percent(deviation),
                *by_type,
                _mean(cells, lambda cell: cell.format_share, percent),
            ]
        )
    return Table(columns=["arm", "cells", "all", "SD of cells", *kinds, "right format"], rows=rows)


def cost_table(plan: Plan, results: Sequence[CellResult]) -> Table:
    """What a cell costs, mean over the arm's cells."""
    rows = []
    for arm in plan.arms:
        cells = [result for result in results if result.arm == arm]
        rows.append(
            [
                label(plan, arm),
                _mean(cells, lambda cell: cell.train_seconds, "{:.1f}".format),
                _mean(cells, lambda cell: cell.train_seconds / max(1, cell.steps), "{:.2f}".format),
                _mean(cells, lambda cell: cell.evaluation_seconds, "{:.1f}".format),
                _mean(cells, lambda cell: cell.tokens, "{:.0f}".format),
                _mean(cells, lambda cell: cell.mean_length, "{:.1f}".format),
            ]
        )
    columns = ["arm", "training, s", "a step, s", "evaluation, s", "training tokens", "tokens a held-out answer"]
    return Table(columns=columns, rows=rows)


def curve_table(plan: Plan, results: Sequence[CellResult]) -> Table:
    """Mean height of the training curve of each arm over its cells."""
    rows = []
    for arm in plan.arms:
        cells = [result for result in results if result.arm == arm and result.area is not None]
        deviation = spread([cell.area or 0.0 for cell in cells])
        rows.append(
            [
                label(plan, arm),
                str(len(cells)),
                _mean(cells, lambda cell: cell.area, "{:.3f}".format),
                MISSING if deviation is None else f"{deviation:.3f}",
                ", ".join(sorted({cell.curve_metric for cell in cells})),
            ]
        )
    return Table(columns=["arm", "cells", "mean height", "SD of cells", "metric"], rows=rows)


def cell_table(results: Sequence[CellResult]) -> Table:
    """Every finished cell."""
    kinds = question_types(results)
    rows = [
        [
            cell.arm,
            cell.start,
            str(cell.seed),
            str(len(cell.scores)),
            percent(cell.accuracy),
            *(percent(cell.by_type[kind]) if kind in cell.by_type else MISSING for kind in kinds),
            percent(cell.format_share),
            MISSING if cell.area is None else f"{cell.area:.3f}",
            f"{cell.train_seconds:.1f}",
        ]
        for cell in results
    ]
    columns = ["arm", "start", "seed", "questions", "all", *kinds, "right format", "curve", "training, s"]
    return Table(columns=columns, rows=rows)


def _mean(
    cells: Sequence[CellResult], value: Callable[[CellResult], float | None], show: Callable[[float], str]
) -> str:
    values = [found for cell in cells if (found := value(cell)) is not None]
    return show(sum(values) / len(values)) if values else MISSING
