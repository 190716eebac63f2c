"""Hands results and benchmarks over to lmms-eval.

`video-ktr export lmms-samples --help` says more on one part; so it does for lmms-task.
"""

import argparse

from video_ktr.cli import export_lmms_samples, export_lmms_task
from video_ktr.cli.parts import add_parts
from video_ktr.cli.settings import Settings

SUMMARY = "hand results and benchmarks over to lmms-eval"
PARTS = {"lmms-samples": export_lmms_samples, "lmms-task": export_lmms_task}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the parts of the verb, each with its arguments."""
    add_parts(parser, PARTS, "part")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the part that was asked for."""
    PARTS[arguments.part].run(arguments, overrides)
