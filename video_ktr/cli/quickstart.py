"""From nothing to a trained model in one command, on a laptop without a GPU.

Makes a small world of videos and a tiny Qwen2.5-VL, trains it on true chains of thought (base), then on mixed ones
(cold start), and lets Video-KTR improve it; measures accuracy before and after, and writes report.html.

The same command goes on where it was stopped and reuses what is finished. Settings of a stage are changed with
--world.KEY, --base.KEY, --cold_start.KEY, --rl.KEY and --evaluation.KEY, for example --rl.max_steps 100.
"""

import argparse
from pathlib import Path

from video_ktr.cli.settings import Settings, check_keys
from video_ktr.errors import ConfigError

SUMMARY = "toy world: make videos, train a tiny model with Video-KTR, look at the report"
SECTIONS = ("world", "base", "cold_start", "rl", "evaluation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of everything (default 0)")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of the results (default runs/quickstart, with -seedN if not 0)",
    )
    parser.add_argument(
        "--recipes",
        type=Path,
        default=Path(__file__).parents[2] / "recipes",
        metavar="DIR",
        help="folder of toy_base.yaml, toy_cold_start.yaml and toy.yaml (default: of this checkout)",
    )


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb."""
    check_keys(overrides, SECTIONS)
    for name, section in overrides.items():
        if not isinstance(section, dict):
            raise ConfigError(f"{name} is {section!r}: it is a section; write --{name}.KEY VALUE")
    suffix = "" if arguments.seed == 0 else f"-seed{arguments.seed}"
    output = arguments.output or Path("runs") / f"quickstart{suffix}"
    from video_ktr.cli.quickstart_stages import run_quickstart

    run_quickstart(output, arguments.recipes, arguments.seed, overrides)
