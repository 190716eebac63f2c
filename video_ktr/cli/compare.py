"""Compares two results on the same benchmark, question by question.

The difference comes with a 95 % bootstrap interval and with McNemar's exact test on the questions where the two
differ. Only a difference that both find outside the noise is called one.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from video_ktr.cli.data_inspect import shown, write_json
from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from video_ktr.evaluation.compare import Comparison
    from video_ktr.evaluation.result_file import Result

SUMMARY = "compare two results question by question"
_MOST_IDS = 10
_MADE_WITH = ("frames", "media", "template", "max_prompt_tokens", "engine", "sampling")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("a", metavar="A", help="a result: its folder, or its result.json")
    parser.add_argument("b", metavar="B", help="the result to compare with it")
    parser.add_argument("--mode", default="video_r1", help="video_r1 (default), official or lenient")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="decides the bootstrap's draws")
    parser.add_argument("--json", metavar="FILE", help="write the comparison there too")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises DataError for results that cannot be read or do not fit, ConfigError for other mistakes."""
    from video_ktr.evaluation.compare import compare_results
    from video_ktr.evaluation.result_file import read_result

    if overrides:
        raise ConfigError(f"unknown argument --{next(iter(overrides))}: see video-ktr compare --help")
    if arguments.seed < 0:
        raise ConfigError(f"--seed is {arguments.seed}: give a whole number from 0")
    a, b = read_result(arguments.a), read_result(arguments.b)
    comparison = compare_results(a, b, arguments.mode, seed=arguments.seed)
    for line in report(a, b, comparison):
        say(shown(line))
    if arguments.json:
        write_json({**asdict(comparison), "decided": comparison.decided}, Path(arguments.json))


def report(a: "Result", b: "Result", found: "Comparison") -> Iterator[str]:
    """The lines that tell the comparison."""
    from video_ktr.evaluation.result_file import model_name

    difference = found.difference
    yield f"{found.benchmark}, {found.mode}, {difference.name} average of {found.n} questions that both have"
    yield f"A {100 * found.first:5.1f}  {model_name(a.meta)}  ({a.path.parent})"
    yield f"B {100 * found.second:5.1f}  {model_name(b.meta)}  ({b.path.parent})"
    interval = f"[{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"
    yield f"B - A {100 * difference.value:+.1f} points, 95 % {interval}"
    yield (
        f"A better on {found.only_first_right} questions, B on {found.only_second_right}, "
        f"McNemar's exact p = {found.p_value:.3g}"
    )
    yield found.verdict
    for what, ids in found.left_out.items():
        if ids:
            more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
            yield f"left out, {what}: {len(ids)} questions: {', '.join(ids[:_MOST_IDS])}{more}"
    for key in _MADE_WITH:
        yield from _unlike(key, a.meta.get(key), b.meta.get(key))


def _unlike(key: str, first: object, second: object) -> Iterator[str]:
    """Settings that differ; a section that one of the two does not tell is not compared."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in sorted(first.keys() | second.keys()):
            yield from _unlike(f"{key}.{name}", first.get(name), second.get(name))
    elif first != second and not (isinstance(first, dict) or isinstance(second, dict)):
        yield f"not made alike: {key} is {_short(first)} for A, {_short(second)} for B"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
