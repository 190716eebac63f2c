"""Which pieces make up a step of each variant, and which ratios between pieces matter."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from measure import Measurement, paired_ratio, peak_ratio

PHASES = ("decode", "preprocess", "generate", "score", "attribute", "update")
NAMES = {
    "stock": "stock TRL, text",
    "plain": "plain video",
    "shared": "shared video",
    "naive": "naive Video-KTR",
    "ours": "ours (Video-KTR)",
}
_VIDEO = {"decode": "video decode", "preprocess": "video preprocess"}
_PLAIN = {**_VIDEO, "generate": "plain generate", "score": "plain score", "update": "plain update"}
_SHARED = {**_VIDEO, "generate": "shared generate", "score": "shared score", "update": "shared update"}
STEPS = {
    "stock": {phase: f"stock {phase}" for phase in ("preprocess", "generate", "score", "update")},
    "plain": _PLAIN,
    "shared": _SHARED,
    "naive": {**_PLAIN, "attribute": "naive attribute"},
    "ours": {**_SHARED, "attribute": "ours attribute", "update": "ours update"},
}
"""The piece measured for each phase of each variant: variants that do the same work in a phase share a measurement."""

Parts: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
_OURS: tuple[str, ...] = ("shared score", "ours attribute", "ours update")
_PLAIN_PASSES: tuple[str, ...] = ("plain score", "plain update")
TIME_RATIOS: dict[str, Parts] = {
    "ours score+attribute+update / plain video score+update, time": (_OURS, _PLAIN_PASSES),
    "two counterfactual passes / shared update, time": (("ours attribute",), ("shared update",)),
    "plain generate / shared generate, time": (("plain generate",), ("shared generate",)),
    "shared update / plain update, time": (("shared update",), ("plain update",)),
    "naive attribute / ours, time": (("naive attribute",), ("ours attribute",)),
    "ours whole step / plain video whole step, time": (("ours whole step",), ("plain whole step",)),
    "ours whole step / shared video whole step, time": (("ours whole step",), ("shared whole step",)),
}
PEAK_RATIOS: dict[str, Parts] = {
    "ours score+attribute+update / plain video score+update, peak memory": (_OURS, _PLAIN_PASSES),
    "shared update / plain update, peak memory": (("shared update",), ("plain update",)),
    "ours whole step / plain video whole step, peak memory": (("ours whole step",), ("plain whole step",)),
}
TRAINING_PASSES: dict[str, tuple[str, ...]] = {
    "plain": _PLAIN_PASSES,
    "naive": ("plain score", "naive attribute", "plain update"),
    "shared": ("shared score", "shared update"),
    "ours": _OURS,
}
"""What sweeps show of each variant, beside generation."""


def ratios(results: dict[str, Measurement]) -> dict[str, float]:
    """Those whose pieces were all measured."""

    def each(
        ratio: Callable[[Sequence[Measurement], Sequence[Measurement]], float], parts: dict[str, Parts]
    ) -> dict[str, float]:
        return {
            name: ratio([results[piece] for piece in top], [results[piece] for piece in bottom])
            for name, (top, bottom) in parts.items()
            if all(piece in results for piece in (*top, *bottom))
        }

    return each(paired_ratio, TIME_RATIOS) | each(peak_ratio, PEAK_RATIOS)
