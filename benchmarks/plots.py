"""Draws what step_cost.py and gpu_7b.py wrote: phases of a step by variant, and how cost grows.

    python benchmarks/plots.py step_cost.json --out docs/images

Equal figures give equal files, byte for byte.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

from comparisons import NAMES, PHASES, TRAINING_PASSES
from matplotlib import pyplot

COLOURS = dict(zip(PHASES, ("#bbbbbb", "#66ccee", "#4477aa", "#ccbb44", "#ee6677", "#228833"), strict=True))
"""Paul Tol's "bright" scheme, which colour-blind readers can tell apart."""
LINES = {"plain": "#4477aa", "naive": "#ee6677", "shared": "#66ccee", "ours": "#228833"}
AXES = {"prompt": "prompt tokens", "group": "completions G", "tokens": "tokens per completion T"}


def phase_bars(record: dict[str, Any], path: Path) -> None:
    """One bar a variant, its phases end to end."""
    steps = record["steps"]
    figure, axes = pyplot.subplots(figsize=(8, 0.9 + 0.5 * len(steps)), layout="constrained")
    names = [NAMES[kind] for kind in steps]
    starts = [0.0] * len(steps)
    for phase in PHASES:
        widths = [step["seconds"].get(phase, 0.0) for step in steps.values()]
        axes.barh(names, widths, left=starts, color=COLOURS[phase], label=phase)
        starts = [start + width for start, width in zip(starts, widths, strict=True)]
    axes.bar_label(axes.containers[-1], labels=[f"{total:.3g} s" for total in starts], padding=3)
    axes.set_xlim(right=1.12 * max(starts))
    axes.invert_yaxis()
    sizes = record["sizes"]
    axes.set_xlabel(f"seconds a step: prompt {sizes['prompt']} tokens, G={sizes['group']}, T={sizes['tokens']}")
    axes.legend(ncols=len(PHASES), loc="lower center", bbox_to_anchor=(0.4, 1.0), frameon=False)
    save(figure, path)


def sweep_lines(sweeps: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Seconds over prompt length, G and T: passes over completions above, generation below."""
    size = (3.6 * len(sweeps), 5.6)
    figure, grid = pyplot.subplots(2, len(sweeps), figsize=size, squeeze=False, sharex="col", layout="constrained")
    for column, (name, points) in enumerate(sweeps.items()):
        sizes = [point["sizes"][name] for point in points]
        for kind, colour in LINES.items():
            seconds = [sum(p["pieces"][piece]["seconds"] for piece in TRAINING_PASSES[kind]) for p in points]
            passes = "score + attribute + update" if kind in ("naive", "ours") else "score + update"
            grid[0, column].plot(sizes, seconds, marker="o", color=colour, label=f"{NAMES[kind]}: {passes}")
        for kind in ("plain", "shared"):
            seconds = [point["pieces"][f"{kind} generate"]["seconds"] for point in points]
            label = f"{NAMES[kind]}: generate"
            grid[1, column].plot(sizes, seconds, marker="s", linestyle="--", color=LINES[kind], label=label)
        for axes in grid[:, column]:
            axes.set_ylim(bottom=0)
            axes.set_xticks(sizes)
            axes.grid(alpha=0.3)
        grid[1, column].set_xlabel(AXES[name])
    for axes in grid[:, 0]:
        axes.set_ylabel("seconds a step")
    handles = [line for axes in grid[:, 0] for line in axes.get_lines()]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """As SVG with nothing in it that changes from run to run."""
    with pyplot.rc_context({"svg.hashsalt": "video-ktr", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("json", type=Path, help="written by step_cost.py or gpu_7b.py")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the SVG files")
    options = parser.parse_args()
    figures = json.loads(options.json.read_text(encoding="utf-8"))
    options.out.mkdir(parents=True, exist_ok=True)
    stem = options.json.stem
    for run in figures.get("runs", [figures]):
        of_run = f"_t{run['sizes']['tokens']}" if "runs" in figures else ""
        phase_bars(run, options.out / f"{stem}_phases{of_run}.svg")
    if figures.get("sweeps"):
        sweep_lines(figures["sweeps"], options.out / f"{stem}_sweeps.svg")


if __name__ == "__main__":
    main()
