"""Puts results into the tables of the paper, its published rows beside them.

Without --out the tables are shown. With it they are also written as Markdown, CSV and LaTeX, with pictures of the
scores over the number of frames and over the parts of a benchmark, and with --cases a page of single questions with
frames and the replies of one or two models.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from video_ktr.evaluation.report_table import ReportedResult, ReportTable

SUMMARY = "tables, figures and case studies of results"
_PLAIN_WIDTH = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("results", nargs="+", metavar="RESULT", help="folders of results, or result.json files")
    parser.add_argument("--out", metavar="DIR", help="write tables, figures and the page of cases there")
    parser.add_argument("--mode", default="video_r1", help="video_r1 (default), official or lenient")
    parser.add_argument("--cases", type=int, default=0, metavar="N", help="show N questions of the first result")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides which questions are shown")
    parser.add_argument("--no-figures", action="store_true", help="draw nothing; needs no matplotlib")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises DataError for results that cannot be read, ConfigError for other mistakes."""
    from video_ktr.evaluation.report_formats import to_terminal
    from video_ktr.evaluation.report_table import build_tables, find_results

    _check(arguments, overrides)
    results = find_results(arguments.results)
    tables = build_tables(results, arguments.mode)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PLAIN_WIDTH
    files = _write(arguments, results, tables, Path(arguments.out)) if arguments.out else []
    for table in tables:
        say(to_terminal(table, width))
    for file in files:
        say(f"written: {file}")


def _check(arguments: argparse.Namespace, overrides: Settings) -> None:
    if overrides:
        raise ConfigError(f"unknown argument --{next(iter(overrides))}: see video-ktr report --help")
    if arguments.cases < 0:
        raise ConfigError(f"--cases is {arguments.cases}: give 0 or more questions")
    if arguments.cases and not arguments.out:
        raise ConfigError("--cases writes a page: say where with --out DIR")
    if arguments.out and not arguments.no_figures:
        from video_ktr.jobs.figure_files import require_matplotlib

        require_matplotlib(instead="--no-figures")


def _write(
    arguments: argparse.Namespace, results: Sequence["ReportedResult"], tables: Sequence["ReportTable"], out: Path
) -> list[Path]:
    from video_ktr.evaluation.report_figures import draw_frame_scaling, draw_parts
    from video_ktr.evaluation.report_formats import FORMATS
    from video_ktr.jobs.whole_files import whole_file

    out.mkdir(parents=True, exist_ok=True)
    files = [out / f"table.{suffix}" for suffix in FORMATS]
    for file, write in zip(files, FORMATS.values(), strict=True):
        with whole_file(file) as partial:
            partial.write_text("\n".join(write(table) for table in tables), encoding="utf-8")
    if not arguments.no_figures:
        files += draw_frame_scaling(results, arguments.mode, out) + draw_parts(results, arguments.mode, out)
    if arguments.cases:
        files.append(_write_cases(arguments, results, out / "cases.html"))
    return files


def _write_cases(arguments: argparse.Namespace, results: Sequence["ReportedResult"], target: Path) -> Path:
    """Of the first result and the next one on the same benchmark, if there is one."""
    from video_ktr.evaluation.case_studies import write_cases
    from video_ktr.evaluation.report_formats import one_line
    from video_ktr.evaluation.result_file import read_result

    same = [result for result in results if result.benchmark == results[0].benchmark][:2]
    named = [(_name(result, same), read_result(result.path)) for result in same]
    cases = write_cases(target, named, arguments.cases, mode=arguments.mode, seed=arguments.seed)
    say(one_line(f"{len(cases)} questions of {results[0].title}: {' and '.join(name for name, _ in named)}"))
    return target


def _name(result: "ReportedResult", others: Sequence["ReportedResult"]) -> str:
    alike = sum(other.model == result.model for other in others) > 1
    return f"{result.model}, {result.frames} frames" if alike else result.model
