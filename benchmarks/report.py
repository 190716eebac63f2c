"""Tables of what was measured, in Markdown."""

import statistics
from typing import Any

from comparisons import NAMES, PHASES, STEPS, TRAINING_PASSES
from measure import Measurement
from steps import Outcome


def composed(results: dict[str, Measurement]) -> dict[str, dict[str, Any]]:
    """Each variant's step put together from its pieces, and measured whole; none for a variant that lacks a piece."""
    steps = {}
    for kind, pieces in STEPS.items():
        if not all(piece in results for piece in pieces.values()):
            continue
        phases = {phase: results[pieces[phase]].median_seconds for phase in PHASES if phase in pieces}
        peaks = {phase: results[pieces[phase]].median_peak_mb for phase in PHASES if phase in pieces}
        whole = results.get(f"{kind} whole step")
        steps[kind] = {
            "name": NAMES[kind],
            "measured_as": {phase: pieces[phase] for phase in PHASES if phase in pieces},
            "seconds": phases,
            "peak_mb": peaks,
            "sum_of_phases_seconds": sum(phases.values()),
            "whole_step_seconds": None if whole is None else whole.median_seconds,
            "whole_step_peak_mb": None if whole is None else whole.median_peak_mb,
        }
    return steps


def lines(outcome: Outcome) -> list[str]:
    """Sizes, pieces, steps, ratios and operations."""
    sizes = outcome.sizes
    head = (
        f"{sizes['parameters'] / 1e6:.0f}M parameters, prompt of {sizes['prompt']} tokens ({sizes['video']} of video, "
        f"{sizes['frames']} frames), G={sizes['group']}, T={sizes['tokens']}"
    )
    return [
        head, "", *_pieces(outcome.results), "", *_steps(outcome.results), "",
        *_ratios(outcome.ratios), "", *_flops(outcome.flops),
    ]  # fmt: skip


def _pieces(results: dict[str, Measurement]) -> list[str]:
    rows = ["| piece | median s | min-max s | peak MB |", "|---|---|---|---|"]
    for name, m in results.items():
        spread = f"{min(m.seconds):.3f}-{max(m.seconds):.3f}"
        rows.append(f"| {name} | {m.median_seconds:.3f} | {spread} | {m.median_peak_mb:.0f} |")
    return rows


def _steps(results: dict[str, Measurement]) -> list[str]:
    rows = [
        f"| step, median s | {' | '.join(PHASES)} | sum of phases | whole step | peak MB |",
        "|---" * (len(PHASES) + 4) + "|",
    ]
    for step in composed(results).values():
        cells = [f"{step['seconds'][p]:.3f}" if p in step["seconds"] else "-" for p in PHASES]
        whole, peak = step["whole_step_seconds"], step["whole_step_peak_mb"]
        ends = [f"{step['sum_of_phases_seconds']:.3f}", *("-" if x is None else f"{x:.3f}" for x in (whole,))]
        ends.append(f"{max(step['peak_mb'].values()) if peak is None else peak:.0f}")
        rows.append(f"| {step['name']} | {' | '.join(cells + ends)} |")
    shared = "Phases in which variants do the same work are measured once: naive's are plain's but for attribute, and"
    return [*rows, "", f"{shared} ours are shared's but for attribute and update."]


def _ratios(ratios: dict[str, float]) -> list[str]:
    return ["| ratio, paired by turn | value |", "|---|---|", *(f"| {n} | {v:.3f} |" for n, v in ratios.items())]


def _flops(flops: dict[str, dict[str, int]]) -> list[str]:
    rows = [
        "| piece | GFLOP counted | least, by the sizes | counted / least | counted / closed form, no checkpointing |"
    ]
    rows.append("|---|---|---|---|---|")
    for name, of in flops.items():
        ratios = f"{of['counted'] / of['least']:.3f} | {of['counted'] / of['as_run']:.3f}"
        rows.append(f"| {name} | {of['counted'] / 1e9:.1f} | {of['least'] / 1e9:.1f} | {ratios} |")
    note = "Counted by torch's FlopCounterMode, masked pairs of attention included; the least leaves them out."
    return [*rows, "", note] if flops else []


def medians(results: dict[str, Measurement]) -> dict[str, dict[str, float]]:
    """For points of a sweep."""
    return {name: {"seconds": statistics.median(m.seconds), "peak_mb": m.median_peak_mb} for name, m in results.items()}


def sweep_table(points: list[dict[str, Any]]) -> list[str]:
    """Seconds of generation and of the passes over completions, for each size."""
    names = ["generate, plain s", "generate, shared s", *(f"{NAMES[kind]} s" for kind in TRAINING_PASSES)]
    names += ["plain peak MB", "ours peak MB"]
    rows = [f"| prompt | G | T | {' | '.join(names)} |", "|---" * (3 + len(names)) + "|"]
    for point in points:
        sizes, pieces = point["sizes"], point["pieces"]

        def over(kind: str, key: str, pieces: dict[str, Any] = pieces) -> list[float]:
            return [pieces[piece][key] for piece in TRAINING_PASSES[kind]]

        seconds = [pieces[f"{kind} generate"]["seconds"] for kind in ("plain", "shared")]
        seconds += [sum(over(kind, "seconds")) for kind in TRAINING_PASSES]
        peaks = [max(over(kind, "peak_mb")) for kind in ("plain", "ours")]
        cells = [*(str(sizes[key]) for key in ("prompt", "group", "tokens")), *(f"{s:.3f}" for s in seconds)]
        rows.append(f"| {' | '.join([*cells, *(f'{peak:.0f}' for peak in peaks)])} |")
    return [*rows, "", "Variants: score, attribute where the variant does, and update."]
