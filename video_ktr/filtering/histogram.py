"""A picture of how accuracies are spread: bars of kept questions and of the others."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from video_ktr.jobs.whole_files import whole_file

COLOURS = {True: "#2a6f97", False: "#c9c9c9"}


def bars(accuracies: Sequence[Fraction], trials: int) -> list[int]:
    """Questions nearest to each of 0, 1/trials, ..., 1: `trials` + 1 counts. Half-way falls to the even numerator.

    Example: accuracies 0, 1/2 and 9/16 with 8 trials give [1, 0, 0, 0, 2, 0, 0, 0, 0].
    """
    counts = Counter(round(accuracy * trials) for accuracy in accuracies)
    return [counts[place] for place in range(trials + 1)]


def draw_histogram(accuracies: Sequence[Fraction], kept: Sequence[bool], trials: int, path: Path) -> None:
    """Draw `accuracies` as a PNG, kept questions in colour at the foot of each bar."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    below = [0] * (trials + 1)
    for which, label in ((True, "kept"), (False, "not kept")):
        heights = bars([a for a, k in zip(accuracies, kept, strict=True) if k == which], trials)
        places = [place / trials for place in range(trials + 1)]
        axes.bar(places, heights, width=0.9 / trials, bottom=below, color=COLOURS[which], label=label)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.set_xlabel(f"accuracy over {trials} trials")
    axes.set_ylabel("questions")
    axes.legend()
    with whole_file(path) as partial:
        figure.savefig(partial, format="png", dpi=120)
