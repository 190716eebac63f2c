"""What a GRPO step costs at the size of the paper: Qwen2.5-VL-7B's shape with random weights, on one GPU.

    python benchmarks/gpu_7b.py --json gpu_7b.json

The pieces and ratios of step_cost.py in bfloat16 with activation checkpointing, 16 frames (968 video tokens), G = 8,
and T = 256 and 768. The optimizer is left out: it costs the same in every variant. Policy, reference and gradients take
three times the weights, 50 GB; a piece that does not fit is left out, and a line says so. Without a GPU the script runs
at a small size: --shape tiny --device cpu.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from environment import environment, one_line
from report import composed, lines
from step_cost import add_sizes, write
from steps import measure, prepare, release
from variants import Bench, Setting


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_sizes(parser, "7b")
    parser.add_argument("--tokens", type=int, nargs="+", default=[256, 768], help="tokens per completion, one run each")
    parser.add_argument("--side", type=int, default=308, help="height and width of a frame in pixels")
    parser.add_argument("--repeats", type=int, default=5, help="turns after the one that warms up")
    parser.add_argument("--no-checkpointing", action="store_true", help="keep every activation for the backward")
    return parser.parse_args(argv)


def main(argv: list[str]) -> None:
    options = parse(argv)
    names = ("shape", "device", "group", "frames", "side", "words")
    base = Setting(
        **{name: getattr(options, name) for name in names},
        dtype="bfloat16",
        tokens=options.tokens[0],
        checkpointing=not options.no_checkpointing,
    )
    figures: dict[str, Any] = {"environment": environment(__file__, argv, options.device), "runs": []}
    print(one_line(figures["environment"]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(base, Path(folder))
        for tokens in options.tokens:
            setting = replace(base, tokens=tokens)
            prepared = prepare(bench, setting, whole=not options.no_whole_steps)
            outcome = measure(prepared, bench, setting, options.repeats)
            steps = composed(outcome.results)
            figures["runs"].append({"setting": asdict(setting), **outcome.record(), "steps": steps})
            print("\n".join(lines(outcome)), flush=True)
            write(figures, options.json)
            del prepared
            release(bench.policy)


if __name__ == "__main__":
    main(sys.argv[1:])
