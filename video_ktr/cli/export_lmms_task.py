"""Writes a benchmark as a task of lmms-eval, in the words and with the scores of `video-ktr evaluate`.

  video-ktr export lmms-task --benchmark mmvu --questions FILE --media DIR --out DIR

settings, as --key value: benchmark, questions, media_root (or --media), allow_outside_media, prompt, media_first and
out, as `video-ktr evaluate --help` tells them. Run the task with lmms-eval --model video_ktr --include_path DIR.
"""

import argparse

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, check_keys, merged, take
from video_ktr.errors import ConfigError

SUMMARY = "write a benchmark as a task of lmms-eval"
KEYS = ("benchmark", "questions", "media_root", "allow_outside_media", "prompt", "media_first", "out")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the part's arguments."""
    parser.add_argument("--media", metavar="DIR", help="the setting media_root")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the part. Raises ConfigError or DataError for what cannot be written."""
    from video_ktr.cli.evaluation_settings import check_sources, read_benchmarks, read_question_set, read_wording
    from video_ktr.evaluation.lmms_task import write_task
    from video_ktr.evaluation.summary import question_warnings

    settings = merged(overrides, {"media_root": arguments.media} if arguments.media else {})
    check_keys(settings, KEYS)
    benchmarks, out = read_benchmarks(settings), take(settings, "out", "name the folder of the task")
    if len(benchmarks) > 1:
        raise ConfigError("benchmark names several; write one task at a time, each into a folder of its own")
    check_sources(settings, benchmarks)
    found = read_question_set(settings, benchmarks[0], alone=True)
    for warning in question_warnings(found.benchmark, found.questions, found.rejects):
        say(warning)
    given = settings["benchmark"]
    name = write_task(out, given if isinstance(given, str) else given[0], found.questions, read_wording(settings))
    say(f"{len(found.questions)} questions; lmms-eval --model video_ktr --include_path {out} --tasks {name}")
