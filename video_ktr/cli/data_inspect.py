"""Reads a file of questions and tells what is in it. Only media stored inside a table are written, below the root.

Records that cannot be used, missing media, options and solutions that do not fit, and duplicates are counted and the
first few named. None of them is an error: the exit code is 0 whenever the file could be read.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from video_ktr.data.inspection import Found, Inspection
    from video_ktr.data.rejects import Rejects

SUMMARY = "count what a file of questions holds, and what is wrong with it"
_MOST_LINES = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("file", metavar="FILE", help="file or folder of questions, or a data set on the hub")
    parser.add_argument("--media-root", action="append", metavar="DIR", help="folder of the media; may be repeated")
    parser.add_argument("--format", metavar="NAME", help="format of the file; guessed unless given")
    parser.add_argument("--split", default="train", metavar="NAME", help="split of a folder or hub data set (train)")
    parser.add_argument("--subset", metavar="NAME", help="configuration of a hub data set that has several")
    parser.add_argument("--decode", type=int, default=0, metavar="N", help="decode N media files drawn at random")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides which media are decoded")
    parser.add_argument("--json", metavar="FILE", help="write all counts there too")
    parser.add_argument("--rejects", metavar="FILE", help="list every rejected record there, with index and reason")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises DataError when the file cannot be read, ConfigError for arguments that do not fit."""
    from video_ktr.data.inspection import Inspection, format_of
    from video_ktr.data.sample import ReadOptions, iter_samples

    if overrides:
        raise ConfigError(f"unknown argument --{next(iter(overrides))}: see video-ktr data inspect --help")
    if arguments.decode < 0:
        raise ConfigError(f"--decode is {arguments.decode}: give 0 or more media files")
    options = ReadOptions(
        media_root=arguments.media_root, format=arguments.format, split=arguments.split, subset=arguments.subset
    )
    name = format_of(arguments.file, options)
    inspection = Inspection(decode=arguments.decode, seed=arguments.seed)
    inspection.read(lambda rejects: iter_samples(arguments.file, options, rejects=rejects))
    inspection.decode_media()
    for line in report(f"{arguments.file}: {name} format", inspection):
        say(shown(line))
    if arguments.json:
        write_json({"file": arguments.file, "format": name, **inspection.as_dict()}, Path(arguments.json))
    if arguments.rejects:
        write_rejects(inspection.rejects, Path(arguments.rejects))


def report(title: str, inspection: "Inspection") -> Iterator[str]:
    """The lines that tell what was found."""
    yield f"{title}, {inspection.rows} rows"
    for kind, counter in inspection.counts.items():
        values = counter.most_common()
        yield from _block(kind.replace("_", " "), [f"{number:8} {name}" for name, number in values])
    options = inspection.option_counts
    if options:
        yield f"options: {min(options)} to {max(options)} a multiple-choice question"
    share = inspection.with_process / inspection.rows if inspection.rows else 0.0
    yield f"with process: {inspection.with_process} rows ({share:.1%})"
    yield from _block(f"rejected records: {len(inspection.rejects)}", inspection.rejects.summary())
    for problem, found in sorted(inspection.option_problems.items()):
        yield from _found(problem, found, "rows")
    yield f"media: {inspection.media_files} files"
    yield from _found("missing media", inspection.missing_media, "files")
    yield from _found("ids given before", inspection.duplicate_ids, "rows")
    yield from _found("questions asked before about the same media", inspection.duplicate_questions, "rows")
    if inspection.drawn_media:
        title = f"decoded: {len(inspection.drawn_media)} media files, {len(inspection.unreadable_media)} unreadable"
        yield from _block(title, inspection.unreadable_media)


def shown(text: str) -> str:
    """The text with what could steer a terminal replaced: it comes from files of others."""
    return "".join(character if character.isprintable() else "�" for character in text)


def write_json(values: dict[str, Any], path: Path) -> None:
    """Write the counts. Raises ConfigError when the file cannot be written."""
    try:
        path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error}); give another file with --json") from error


def write_rejects(rejects: "Rejects", path: Path) -> None:
    """Write one line a rejected record. Raises ConfigError when the file cannot be written."""
    try:
        rejects.write(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error}); give another file with --rejects") from error


def _found(what: str, found: "Found", unit: str) -> Iterator[str]:
    yield from _block(f"{what}: {found.number} {unit}", found.examples)


def _block(title: str, lines: list[str]) -> Iterator[str]:
    yield title
    yield from (f"  {line}" for line in lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        yield f"  and {len(lines) - _MOST_LINES} more"
