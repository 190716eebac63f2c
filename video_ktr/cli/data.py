"""Work on data sets: questions and their media.

`video-ktr data unpack --help` says more on one part; so it does for inspect and build.
"""

import argparse

from video_ktr.cli import data_build, data_inspect, data_unpack
from video_ktr.cli.parts import add_parts
from video_ktr.cli.settings import Settings

SUMMARY = "inspect, unpack and build data sets"
PARTS = {"inspect": data_inspect, "unpack": data_unpack, "build": data_build}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the parts of the verb, each with its arguments."""
    add_parts(parser, PARTS, "part")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the part that was asked for."""
    PARTS[arguments.part].run(arguments, overrides)
