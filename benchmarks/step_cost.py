"""What a GRPO step on video costs, phase by phase, with the prompt shared and without.

    python benchmarks/step_cost.py --json step_cost.json
    python benchmarks/step_cost.py --sweep all --json step_cost.json

One process, one prompt, G completions of exactly T tokens, one micro-batch; pieces take turns. Compared are stock TRL
on a text-only prompt of the same length, video GRPO with a copy of prompt and video per completion, the same with the
prompt shared, Video-KTR written naively (two more full passes), and ours. "score" is the old policy and the reference,
"attribute" the two counterfactual passes, "update" forward and backward.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from comparisons import TRAINING_PASSES
from environment import environment, one_line
from report import composed, lines, medians, sweep_table
from shapes import SHAPES
from steps import measure, prepare, release
from variants import Bench, Setting

SWEEPS = {
    "prompt": ("frames", (4, 8, 16, 32)),
    "group": ("group", (2, 4, 8, 16)),
    "tokens": ("tokens", (32, 64, 128, 256)),
}
"""What each sweep varies, and its values. More frames make a longer prompt."""


def sweep(bench: Bench, setting: Setting, name: str, values: list[int], repeats: int) -> list[dict[str, Any]]:
    """The pieces of a step at several sizes, everything else as in `setting`."""
    points = []
    for value in values:
        point = replace(setting, **{SWEEPS[name][0]: value})
        outcome = measure(prepare(bench, point, kinds=TRAINING_PASSES, whole=False), bench, point, repeats, flops=False)
        points.append({"sizes": outcome.sizes, "pieces": medians(outcome.results), "ratios": outcome.ratios})
        release(bench.policy)
    print("\n".join(["", *sweep_table(points)]), flush=True)
    return points


def add_sizes(parser: argparse.ArgumentParser, shape: str) -> None:
    """Options of both this benchmark and the one for a GPU."""
    cuda = torch.cuda.is_available()
    parser.add_argument("--shape", choices=SHAPES, default=shape)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if cuda else "cpu")
    parser.add_argument("--group", type=int, default=8, help="completions per prompt")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--words", type=int, default=56, help="tokens of the question")
    parser.add_argument("--no-whole-steps", action="store_true", help="measure the pieces only")
    parser.add_argument("--json", type=Path, help="where to write every figure")


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_sizes(parser, "64m")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--tokens", type=int, default=128, help="tokens per completion")
    parser.add_argument("--side", type=int, default=224, help="height and width of a frame in pixels")
    parser.add_argument("--repeats", type=int, default=3, help="turns after the one that warms up")
    parser.add_argument("--sweep", choices=[*SWEEPS, "all"], help="also measure how cost grows")
    parser.add_argument("--sweep-values", type=int, nargs="+", help="instead of the usual values, for one sweep")
    parser.add_argument("--sweep-repeats", type=int, default=1)
    options = parser.parse_args(argv)
    if options.sweep_values and options.sweep not in SWEEPS:
        parser.error(f"--sweep-values needs --sweep with one of {', '.join(SWEEPS)}")
    return options


def main(argv: list[str]) -> None:
    options = parse(argv)
    names = ("shape", "device", "dtype", "group", "tokens", "frames", "side", "words")
    setting = Setting(**{name: getattr(options, name) for name in names})
    figures: dict[str, Any] = {"environment": environment(__file__, argv, options.device), "setting": asdict(setting)}
    print(one_line(figures["environment"]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(setting, Path(folder))
        prepared = prepare(bench, setting, whole=not options.no_whole_steps)
        outcome = measure(prepared, bench, setting, options.repeats)
        figures |= outcome.record() | {"steps": composed(outcome.results)}
        print("\n".join(lines(outcome)), flush=True)
        write(figures, options.json)
        del prepared
        for name in SWEEPS if options.sweep == "all" else [options.sweep] if options.sweep else []:
            values = options.sweep_values or SWEEPS[name][1]
            points = sweep(bench, setting, name, values, options.sweep_repeats)
            figures["sweeps"] = {**figures.get("sweeps", {}), name: points}
            write(figures, options.json)


def write(figures: dict[str, Any], path: Path | None) -> None:
    """Everything measured so far."""
    if path:
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
