"""A controlled study: the same training with one thing changed, over several seeds and starts, and its report.

  video-ktr study --config studies/smoke.yaml --jobs 2

settings of the study file, each of which --key value or --section.key value overrides:
  recipe        a recipe of `train`, seen from the study file's folder; overrides: what the study changes in it
  arms          name: what the arm changes, such as {method: video_ktr, key_tokens: {distance: kl}}; null leaves a
                setting of the recipe out
  baseline      the arm that all others are compared with; also_compare: further pairs, [arm, reference]
  controls      arms that are controls; the report marks them
  seeds         of the trainings; arms of one seed see the same questions in the same order
  starts        name: {toy_seed: N}, a cold-started toy model, made when it is not there; or {model: CHECKPOINT,
                questions: FILE, evaluation_questions: FILE}
  toy           settings of the stages that make toy starts, in sections world, base and cold_start
  evaluation    held-out accuracy: questions, num_questions, max_new_tokens, batch_size, temperature, top_p, seed
  curve         training metrics, of which the first that a run logged is its curve
  output_dir    folder of the report; cells_dir: of the cells (default output_dir/cells); starts_dir: of the toy starts
                (default runs/studies/starts); studies that share cells_dir share their arms of equal name and settings
  ray           with --scheduler ray: num_cpus and num_gpus of a cell, address of the cluster

Every arm is trained with every seed from every start, each cell in a process and a folder of its own. The same command
goes on where an interrupted one stopped. output_dir/report.md holds the comparison, with figures and tables beside it.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import DataError

if TYPE_CHECKING:
    from video_ktr.cli.study_file import Study
    from video_ktr.study.tasks import Ended, Task

SUMMARY = "compare methods or settings over seeds and starts, with a report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="study file, see studies/")
    parser.add_argument("--jobs", type=int, metavar="N", help="cells at once (default 1; with Ray, as many as fit)")
    parser.add_argument("--scheduler", choices=("local", "ray"), default="local", help="what runs them (default local)")
    parser.add_argument("--only", nargs="+", default=[], metavar="ARM", help="train only these arms now")
    parser.add_argument("--report-only", action="store_true", help="write the report of what is finished")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises DataError when a cell failed, after all others and the report."""
    from video_ktr.cli.study_file import read_study
    from video_ktr.jobs.figure_files import require_matplotlib

    study = read_study(arguments.config, overrides)
    require_matplotlib()
    failed: list[Ended] = []
    if not arguments.report_only:
        failed = run_cells(study, arguments.scheduler, arguments.jobs, arguments.only)
    if not write_report(study) and not failed:
        raise DataError(f"study {study.plan.name}: no cell is finished, there is nothing to report; run it first")
    if failed:
        raise DataError(
            f"{len(failed)} of the cells failed, first {failed[0].name}: {failed[0].last_line} (all of it in "
            f"{failed[0].log}); the same command tries them again"
        )


def run_cells(study: "Study", scheduler: str, jobs: int | None, only: Sequence[str]) -> "list[Ended]":
    """Make the starts and the cells that are missing, and give those that failed.

    Raises ConfigError before anything runs, and DataError when a start fails.
    """
    from video_ktr.cli.study_jobs import cell_tasks, check_study, start_tasks

    list(study.plan.cells(only))
    check_study(study)
    for ended in _run(study, start_tasks(study), scheduler, jobs):
        if ended.code:
            raise DataError(f"{ended.name} failed: {ended.last_line} (all of it in {ended.log})")
    return [ended for ended in _run(study, cell_tasks(study, only), scheduler, jobs) if ended.code]


def _run(study: "Study", tasks: "list[Task]", scheduler: str, jobs: int | None) -> "Iterator[Ended]":
    from rich.console import Console

    from video_ktr.study.local_jobs import run_local
    from video_ktr.study.ray_jobs import run_with_ray

    console, begin = Console(stderr=True), time.perf_counter()
    if scheduler == "ray":
        finished = run_with_ray(tasks, study.ray, jobs)
    else:
        finished = run_local(tasks, 1 if jobs is None else jobs)
    for number, ended in enumerate(finished, 1):
        seconds = time.perf_counter() - begin
        left = seconds / number * (len(tasks) - number)
        state = "done" if not ended.code else f"failed ({ended.last_line[:200]})"
        line = f"[{number}/{len(tasks)}] {ended.name}: {state}; {seconds:.0f} s so far, about {left:.0f} s to go"
        console.print(line, highlight=False, markup=False)
        yield ended


def write_report(study: "Study") -> bool:
    """Write the report of the cells that are finished; False when none is."""
    from video_ktr.study.plan import BASELINE_OF_STARTS, CellKey
    from video_ktr.study.report import write_report as write
    from video_ktr.study.results import read_results

    untrained = [CellKey(arm=BASELINE_OF_STARTS, start=s, seed=study.plan.seeds[0]) for s in study.plan.starts]
    trained = read_results(study.cell_folder(key) for key in study.plan.cells())
    if trained:
        starts = read_results(study.cell_folder(key) for key in untrained)
        study.folder.mkdir(parents=True, exist_ok=True)
        say(f"report: {write(study.folder, study.plan, [*starts, *trained])}")
    return bool(trained)
