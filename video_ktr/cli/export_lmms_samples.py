"""Writes a result as lmms-eval logs samples: JSONL, a line a question with its output and its scores."""

import argparse

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

SUMMARY = "write a result in lmms-eval's sample-log format"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the part's arguments."""
    parser.add_argument("result", metavar="RESULT", help="folder of a result, or its result.json")
    parser.add_argument("--out", required=True, metavar="FILE", help="the .jsonl file to write")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the part. Raises DataError for a result that cannot be read, ConfigError for an unknown argument."""
    from video_ktr.evaluation.lmms_export import write_samples
    from video_ktr.evaluation.result_file import read_result

    if overrides:
        raise ConfigError(f"unknown argument --{next(iter(overrides))}: see video-ktr export lmms-samples --help")
    result = read_result(arguments.result)
    say(f"{len(result.rows)} samples: {write_samples(result, arguments.out)}")
