"""Shows what a training run reinforced: the paper's figures and tables, from the run's own records.

  video-ktr analyze runs/ktr --vs runs/grpo

writes runs/ktr/analysis/report.html, its tables as CSV and its plots as SVG and PNG: training curves, the overlap of
the three sets of key tokens, parts of speech, words that each signal prefers, where in a completion tokens are updated,
gradients of selected and other tokens, and cost. What the run recorded no data for is named there, with the setting
that records it. docs/analysis.md says how each number is computed.
"""

import argparse
from pathlib import Path

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

SUMMARY = "what a training run reinforced: overlap, words, positions, gradients, cost"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN_DIR", help="output folder of a training run")
    parser.add_argument("--vs", type=Path, metavar="OTHER_RUN", help="a run to show beside it, such as plain GRPO")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the report (default RUN_DIR/analysis)")
    parser.add_argument(
        "--pos-model",
        metavar="NAME_OR_PATH",
        help="spaCy pipeline for parts of speech (default en_core_web_sm if installed, else a coarser word list)",
    )


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises DataError for a run that cannot be read, ConfigError for other mistakes."""
    if overrides:
        raise ConfigError(f"unknown argument --{next(iter(overrides))}: see video-ktr analyze --help")
    from video_ktr.analysis.analyze import analyze_run

    say(f"report: {analyze_run(arguments.run, arguments.vs, out=arguments.out, pos_model=arguments.pos_model)}")
