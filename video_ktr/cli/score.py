"""Scores saved outputs of a model on a benchmark again, without the model.

Predictions are JSONL lines {"id": ..., "output": ...}, the files of Video-R1's evaluation script, lines {"question":
{...}, "model_output": ...}, TempCompass' own predictions, or the rows.jsonl of a result. They are matched by id, else
by the question's text and video. A question without prediction counts as wrong.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.cli.summary_lines import summary_lines
from video_ktr.errors import ConfigError, DataError

if TYPE_CHECKING:
    from video_ktr.evaluation.result_file import ResultRow
    from video_ktr.evaluation.summary import Summary

SUMMARY = "score saved outputs on a benchmark, without a model"
_MOST_LINES = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--benchmark", required=True, metavar="NAME", help="such as mmvu; a wrong name lists all")
    parser.add_argument("--questions", required=True, metavar="FILE", help="question file or folder of the benchmark")
    parser.add_argument(
        "--predictions", required=True, nargs="+", metavar="FILE", help="saved outputs; files or folders"
    )
    parser.add_argument("--media-root", action="append", metavar="DIR", help="folder of the media; may be repeated")
    parser.add_argument("--out", metavar="DIR", help="write rows.jsonl and result.json there, for compare and report")
    parser.add_argument("--model", metavar="NAME", help="what made the outputs; the name of the file unless given")
    parser.add_argument("--frames", type=int, metavar="N", help="frames that the model saw, to be told in reports")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises DataError for files that cannot be read or do not fit, ConfigError for other mistakes."""
    from video_ktr.data.rejects import Rejects
    from video_ktr.data.sample import ReadOptions
    from video_ktr.evaluation.benchmarks.registry import find_benchmark
    from video_ktr.evaluation.predictions import read_predictions
    from video_ktr.evaluation.rescoring import rescore
    from video_ktr.evaluation.summary import question_warnings, summarise

    if overrides:
        raise ConfigError(f"unknown argument --{next(iter(overrides))}: see video-ktr score --help")
    out = _fresh(arguments.out)
    benchmark, rejects, lost = find_benchmark(arguments.benchmark), Rejects(), Rejects()
    source = Path(arguments.questions)
    roots = ReadOptions(media_root=arguments.media_root).media_roots(source)
    questions = list(benchmark.read(source, roots, rejects))
    if not questions:
        raise DataError(f"{source}: holds no question that can be used: {'; '.join(rejects.summary())}")
    predictions = read_predictions(arguments.predictions, questions, lost)
    rows = list(rescore(benchmark, questions, predictions, frames=arguments.frames))
    warnings = question_warnings(benchmark, questions, rejects)
    missing = len(questions) - len(predictions.found)
    warnings += [f"{missing} questions without a prediction, counted as failed and wrong"] if missing else []
    warnings += _named("predictions of no known question", predictions.unmatched)
    warnings += _named("predictions for a question that had one", predictions.duplicates)
    warnings += [f"predictions left out: {line}" for line in lost.summary()]
    summary = summarise(benchmark, rows, warnings=warnings)
    # Before anything is told: a reader of the lines may go away.
    written = _write(out, arguments, benchmark.title, rows, summary) if out is not None else None
    for line in summary_lines(summary):
        say(line)
    if written is not None:
        say(f"written to {written}")


def _fresh(out: str | None) -> Path | None:
    """The folder to write to, which holds no result yet: one of an evaluation knows more than this verb does."""
    from video_ktr.evaluation.result_file import RESULT, ROWS

    if out is None:
        return None
    for name in (RESULT, ROWS):
        if (Path(out) / name).exists():
            raise ConfigError(f"{Path(out) / name}: is there already; give another folder with --out")
    return Path(out)


def _named(what: str, places: list[str]) -> list[str]:
    if not places:
        return []
    more = f" and {len(places) - _MOST_LINES} more" if len(places) > _MOST_LINES else ""
    return [f"{len(places)} {what}: {'; '.join(places[:_MOST_LINES])}{more}"]


def _write(out: Path, arguments: argparse.Namespace, title: str, rows: "list[ResultRow]", summary: "Summary") -> Path:
    from video_ktr import __version__
    from video_ktr.evaluation.result_file import write_result, write_rows

    meta = {
        "title": title,
        "model": {"name": arguments.model or Path(arguments.predictions[0]).stem},
        "frames": arguments.frames,
        "questions": arguments.questions,
        "predictions": arguments.predictions,
        "versions": {"video-ktr": __version__},
    }
    write_rows(out, rows)
    return write_result(out, meta, summary)
