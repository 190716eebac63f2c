"""The report of a study: Markdown with figures, and the same numbers as CSV and JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from video_ktr.errors import DataError
from video_ktr.jobs.whole_files import whole_file
from video_ktr.study.arm_tables import accuracy_table, cell_table, cost_table, curve_table, question_types
from video_ktr.study.charts import draw_curves, draw_differences
from video_ktr.study.comparison_tables import (
    comparison_table,
    power_table,
    sentence,
    settings_table,
    start_table,
    type_table,
)
from video_ktr.study.comparisons import Comparison, area, compare, scores, scores_of_type
from video_ktr.study.differences import UNNAMED, Difference, find_differences
from video_ktr.study.plan import BASELINE_OF_STARTS, Plan
from video_ktr.study.provenance import made_with
from video_ktr.study.results import CellResult

REPORT = "report.md"
METHOD = """\
A pair is two cells of one seed and one start: the same checkpoint, and the same questions in the same order. A
difference is the mean over pairs. Its interval is a percentile bootstrap of 2000 draws, in which pairs (within the
starts that share held-out questions) and questions (one draw for all pairs) are drawn again, so that it covers another
seed and other questions; it errs on the wide side, but with a handful of pairs it is too narrow. p is that of the exact
sign-flip test over pairs, two-sided, and is corrected by Holm's method for all comparisons of its table. A difference
counts as shown when the corrected p is at most 0.05 and the interval does not hold 0; all else is noise here. The
starts are what they are: nothing here covers another start. "Detectable" is the true difference that 80 of 100 such
studies would show, by the deviation seen and the normal approximation, which is too small for few pairs."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that the report says in numbers."""

    plan: Plan
    results: Sequence[CellResult]
    missing: list[str]
    accuracy: list[Comparison]
    by_type: list[Comparison]
    curves: list[Comparison]
    differences: list[Difference]


def find(plan: Plan, results: Sequence[CellResult]) -> Findings:
    """Compute the findings of the finished cells. Raises DataError when no trained cell is finished."""
    trained = [result for result in results if result.arm != BASELINE_OF_STARTS]
    if not trained:
        raise DataError(f"study {plan.name}: no cell is finished, there is nothing to report; run the study first")
    done = {result.key for result in trained}
    return Findings(
        plan=plan,
        results=results,
        missing=[key.name for key in plan.cells() if key not in done],
        accuracy=compare(plan, trained, {"accuracy": scores}),
        by_type=compare(plan, trained, {kind: scores_of_type(kind) for kind in question_types(trained)}),
        curves=compare(plan, trained, {"training curve": area}),
        differences=find_differences(plan, trained),
    )


def write_report(folder: Path, plan: Plan, results: Sequence[CellResult]) -> Path:
    """Write report.md, its figures, and cells.csv, comparisons.csv and report.json; gives the path of report.md.

    All finished cells are in it, whatever they say. Raises DataError when there is none.
    """
    found = find(plan, results)
    cell_table(results).write_csv(folder / "cells.csv")
    comparison_table(found.accuracy).write_csv(folder / "comparisons.csv")
    with whole_file(folder / "report.json") as partial:
        partial.write_text(json.dumps(_record(found), indent=1) + "\n", encoding="utf-8")
    figures = [draw_differences(found.accuracy, folder / "differences")] if found.accuracy else []
    figures.append(draw_curves(results, list(plan.arms), folder / "curves"))
    with whole_file(folder / REPORT) as partial:
        names = [file.name for files in figures for file in files if file.suffix == ".png"]
        partial.write_text(_markdown(found, names), encoding="utf-8")
    return folder / REPORT


def _record(found: Findings) -> dict[str, Any]:
    comparisons = [*found.accuracy, *found.by_type, *found.curves]
    return {
        "name": found.plan.name,
        "seeds": found.plan.seeds,
        "starts": found.plan.starts,
        "arms": found.plan.arms,
        "missing": found.missing,
        "comparisons": [{**asdict(one), "verdict": one.verdict} for one in comparisons],
        "setting_differences": [asdict(one) for one in found.differences],
    }


def _markdown(found: Findings, figures: list[str]) -> str:
    plan, results = found.plan, found.results
    trained = [result for result in results if result.arm != BASELINE_OF_STARTS]
    parts = [
        f"# Study: {plan.name}",
        f"{len(plan.arms)} arms, seeds {', '.join(map(str, plan.seeds))}, starts {', '.join(plan.starts)}: "
        f"{len(trained)} of {len(trained) + len(found.missing)} cells finished. {made_with(trained)}",
        *([f"Not finished: {', '.join(found.missing)}."] if found.missing else []),
        *[f"WARNING: {line}" for line in _warnings(found.differences)],
        "\n".join(f"- {sentence(one)}" for one in found.accuracy),
        "\n".join(f"![{Path(name).stem}]({name})" for name in figures),
        "## Held-out accuracy, %",
        "One answer a question, drawn by sampling. Means over cells.",
        accuracy_table(plan, results).markdown(),
        "## Differences of accuracy, points",
        comparison_table(found.accuracy).markdown(),
        "## By kind of question, points",
        "With 95 % intervals; * marks a difference that is shown, p corrected for all entries of this table.",
        type_table(found.by_type).markdown(),
        "## By start, points",
        start_table(plan, trained).markdown(),
        "## Area under the training curve",
        "Area divided by the steps, which is the mean height. In the figure: means over cells, with bands of 1.96 "
        "standard errors, each point the mean over a tenth of the steps.",
        curve_table(plan, results).markdown(),
        comparison_table(found.curves, "{:+.3f}".format).markdown(),
        "## What so many pairs can show",
        power_table(found.accuracy).markdown(),
        "## Cost of a cell",
        "Seconds of training steps; cells that ran side by side slowed each other down.",
        cost_table(plan, results).markdown(),
        "## Settings that differ",
        "Everything else was the same in each pair: what `train` was given, and the trainer's resolved settings.",
        settings_table(found.differences).markdown(),
        "## All cells",
        cell_table(results).markdown(),
        "## How it was computed",
        METHOD,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _warnings(differences: Sequence[Difference]) -> list[str]:
    return [
        f"{one.arm} and {one.reference} differ in {one.setting} ({one.value}, {one.other}), which the study file does "
        "not name."
        for one in differences
        if one.reason == UNNAMED
    ]
