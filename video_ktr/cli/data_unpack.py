"""Unpacks the .zip, .tar, .tar.gz and .tgz files below FOLDER, each into the folder it lies in.

The same command goes on where an interrupted one stopped; an archive that is done is not read again unless it was
changed. A file that is in a member's place with the same content stays, with other content the archive is refused
unless --overwrite is given.

An archive is refused, and nothing of it put in place, when a member has an absolute path, "..", a drive letter, a
backslash or a name too long, is a link, a device or encrypted, lies below a link, or differs from another member of
the folder in case only; when it unpacks to more than --max-ratio times its size or to more than the disk has free;
and when it is damaged. The others are still unpacked; the refused ones are listed and the exit code is 2.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError, DataError

if TYPE_CHECKING:
    from video_ktr.data.archives import Unpacked

SUMMARY = "unpack a data set's archives in place"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="folder that holds the archives, at any depth")
    parser.add_argument("--jobs", type=int, metavar="N", help="archives at a time (the processors, at most 8)")
    parser.add_argument("--pattern", metavar="GLOB", help="only archives whose path below FOLDER matches, as 'STAR/*'")
    parser.add_argument("--max-ratio", type=float, metavar="R", help="greatest ratio of unpacked to packed size (100)")
    parser.add_argument("--overwrite", action="store_true", help="replace files of other content")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises DataError that counts the refused archives, after all were tried."""
    from video_ktr.cli.unpack_progress import UnpackProgress
    from video_ktr.data.archives import UnpackOptions, unpack_folder

    if overrides:
        raise ConfigError(f"unknown setting {next(iter(overrides))}: data unpack --help lists what there is")
    given = {name: getattr(arguments, name) for name in ("jobs", "pattern", "max_ratio", "overwrite")}
    options = UnpackOptions(**{name: value for name, value in given.items() if value is not None})
    with UnpackProgress() as progress:
        results = unpack_folder(arguments.folder, options, progress)
    for line in summary(results):
        say(line)
    problems = [result.problem for result in results if result.problem is not None]
    if problems:
        raise DataError(f"{len(problems)} of {len(results)} archives refused; the first: {problems[0]}")


def summary(results: Sequence["Unpacked"]) -> list[str]:
    """Lines on what became of the archives: each refused one, then the counts."""
    taken = [result for result in results if result.problem is None]
    new = [result for result in taken if not result.was_done]
    there, notes = sum(result.there for result in new), sum(result.notes for result in new)
    counts = {
        f"{len(taken) - len(new)} archives were done before": len(new) < len(taken),
        f"{there:,} files were in place": there > 0,
        f"{notes:,} notes of macOS left out": notes > 0,
    }
    beside = "; ".join(text for text, is_met in counts.items() if is_met)
    files, size = sum(result.files for result in new), sum(result.size for result in new)
    total = f"unpacked {len(new)} archives: {files:,} files, {size:,} bytes"
    return [f"refused  {result.problem}" for result in results if result.problem is not None] + [
        f"{total} ({beside})" if beside else total
    ]
