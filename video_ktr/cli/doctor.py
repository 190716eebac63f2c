"""Looks at the installation: versions of the libraries this package reaches into, and the hardware.

Exit code 2 and one line with the fix when a version is outside the tested range.
"""

import argparse
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

SUMMARY = "check versions and hardware"
CHECKED = ("torch", "transformers", "trl", "accelerate", "av")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments: none."""
    del parser


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises ConfigError that names the first wrong version and the fix."""
    del arguments
    if overrides:
        raise ConfigError(f"unknown setting {next(iter(overrides))}: doctor takes none")
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
    say(hardware())


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
