"""Looks at the installation and, with --config, at a training recipe before hours are spent on it.

Without --config: versions of the libraries this package reaches into, and the hardware.

With --config FILE (a recipe of `train`, and --key value on top): settings, question records, options against
solutions, media files (all are looked for, some are decoded), prompt lengths against the limit, memory and disk, and on
a few sampled completions the share in the right form, of cut-off ones, and of groups with equal rewards.

Exit code 2 and one line with the fix when a version is outside the tested range, or a check finds a problem.
"""

import argparse
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, read_settings
from video_ktr.errors import ConfigError

SUMMARY = "check versions, hardware and a training recipe"
CHECKED = ("torch", "transformers", "trl", "accelerate", "av")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--config", metavar="FILE", help="a recipe of train to check, see recipes/")
    parser.add_argument("--files", type=int, default=20, metavar="N", help="media files to decode (default 20)")
    parser.add_argument(
        "--rollouts", type=int, default=4, metavar="N", help="questions to sample answers for (default 4; 0 for none)"
    )


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises ConfigError that names the first wrong version and the fix, or the first problem."""
    if overrides and not arguments.config:
        raise ConfigError(f"unknown setting {next(iter(overrides))}: without --config doctor takes none")
    for name in ("files", "rollouts"):
        if getattr(arguments, name) < 0:
            raise ConfigError(f"--{name} is {getattr(arguments, name)}: give a whole number, 0 for none")
    check_versions()
    say(hardware())
    if arguments.config:
        check_config(read_settings(arguments.config, overrides), files=arguments.files, rollouts=arguments.rollouts)


def check_versions() -> None:
    """Say the versions found. Raises ConfigError that names the first wrong one and the fix."""
    wrong = []
    for name, wanted in tested_ranges().items():
        found = installed_version(name)
        fits = found is not None and wanted.contains(found, prereleases=True)
        say(f"{name:14} {found or 'missing':14} {'ok' if fits else 'WRONG'}  ({wanted})")
        if not fits:
            wrong.append((name, found, wanted))
    if wrong:
        name, found, wanted = wrong[0]
        raise ConfigError(f'{name} is {found or "missing"}, tested is {wanted}: pip install "{name}{wanted}"')


def check_config(recipe: Settings, *, files: int, rollouts: int) -> None:
    """Say what each check of a recipe finds. Raises ConfigError with the first problem when there is one."""
    from video_ktr.cli.checkup.recipe import Extent, check_recipe

    problems = []
    for finding in check_recipe(recipe, Extent(files=files, rollouts=rollouts)):
        say(f"{finding.check:14} {'PROBLEM' if finding.level == 'problem' else finding.level:8} {finding.text}")
        if finding.level == "problem":
            problems.append(f"{finding.check}: {finding.text}")
    if problems:
        raise ConfigError(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}, the first is {problems[0]}")


def tested_ranges() -> dict[str, SpecifierSet]:
    """The version ranges that this package declares, of the libraries it reaches into."""
    requirements = [Requirement(line) for line in requires("video-ktr") or []]
    return {r.name: r.specifier for r in requirements if r.name in CHECKED and r.marker is None}


def installed_version(name: str) -> str | None:
    """The version of an installed package, None without it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def hardware() -> str:
    """One line on what torch can compute with."""
    import torch

    if not torch.cuda.is_available():
        return f"{'hardware':14} cpu, {torch.get_num_threads()} threads"
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return f"{'hardware':14} gpu: {', '.join(names)}"
