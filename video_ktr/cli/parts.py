"""Verbs, and the parts of a verb: modules with SUMMARY, add_arguments and run, each behind a name."""

import argparse
from collections.abc import Mapping
from typing import Any


def add_parts(parser: argparse.ArgumentParser, modules: Mapping[str, Any], dest: str) -> None:
    """Let `parser` take one of the names, each with the arguments of its module; the name goes to `dest`."""
    parts = parser.add_subparsers(dest=dest, required=True, metavar=dest.upper())
    for name, module in modules.items():
        part = parts.add_parser(
            name,
            help=module.SUMMARY,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(part)
