"""Where the gradient comes from, and how much the loss scatters (paper section B.1, figure 11)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from video_ktr.analysis.curves import WINDOW, Points, running_mean
from video_ktr.analysis.figures import COLOURS, OTHER, RUN, Plot, plain
from video_ktr.analysis.run_data import RunData
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.tables import Table, Value
from video_ktr.records.run_records import Record, curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Gradient of key tokens and of the rest"
NORMS = {"selected": "gradient/selected_norm", "rest": "gradient/rest_norm", "full": "gradient/full_norm"}
COSINES = {"selected": "gradient/selected_cosine", "rest": "gradient/rest_cosine"}
LINES = {"selected": COLOURS["union"], "rest": COLOURS["rest"], "full": COLOURS["visual"]}
PAPER = {"gradient/selected_norm": 4.50, "gradient/selected_cosine": 0.862, "gradient/rest_cosine": 0.572}
"""Means over training that the paper states for Video-KTR on Qwen2.5-VL-7B."""
PAPER_VARIANCE = 0.4436


def gradient_section(run: RunData, other: RunData | None) -> Section | Missing:
    """The section of the report: norms and cosines where they were measured, and the variance of the loss."""
    runs = [run, *([] if other is None else [other])]
    measured = [each for each in runs if curve(each.metrics, NORMS["full"])]
    scattered = [each for each in runs if loss_variance(each.metrics)]
    if run not in measured and run not in scattered:
        return Missing(
            title=TITLE,
            reason=f"no gradient was measured, and fewer than {WINDOW} losses were logged: train with "
            "log_gradient_decomposition: 10, say",
        )
    text = [
        "The gradient of the policy term, without the KL term, with respect to the weights of the last decoder layer "
        "is split by token: g_S is that of key tokens, g_R that of the rest, and g_full = g_S + g_R that of all tokens "
        "at weight 1, which plain GRPO would have followed on the same completions. Training checked the sum at every "
        "measured step. A norm depends on the model, the layer's size and how the loss is divided, so norms compare "
        "within a run, not with the paper's.",
        f"The variance of the loss is that of {WINDOW} neighbouring logged losses, sum (x - mean)^2 / {WINDOW - 1}, "
        "and the mean of it over all such windows. A loss in which fewer tokens take part, or with another KL "
        "coefficient, varies less for that reason alone: that does not show by itself that less of it is noise. Losses "
        "that are means over several steps (logging_steps above 1) vary less too.",
    ]
    text += [f"{each.name} measured no gradient (log_gradient_decomposition)." for each in runs if each not in measured]
    return Section(
        id="gradients",
        title=TITLE,
        text=tuple(text),
        tables=((_gradient_table(measured),) if measured else ()) + (_variance_table(runs),),
        plots=tuple(_plots(measured, scattered)),
    )


def loss_variance(metrics: list[Record], window: int = WINDOW) -> Points:
    """(step, variance) of every `window` neighbouring logged losses, at the mean of their steps; [] for fewer losses.

    The unbiased variance, with `window` - 1 below.
    """
    points = curve(metrics, "loss")
    if len(points) < window:
        return []
    steps, losses = (np.lib.stride_tricks.sliding_window_view(column, window) for column in np.array(points).T)
    return list(zip(steps.mean(axis=1).tolist(), losses.var(axis=1, ddof=1).tolist(), strict=True))


def _gradient_table(runs: list[RunData]) -> Table:
    keys = {"norm": NORMS, "cosine with full": COSINES}
    rows: list[tuple[Value, ...]] = [
        (f"{part}, {what}", *(_mean(curve(run.metrics, key)) for run in runs), PAPER.get(key))
        for what, parts in keys.items()
        for part, key in parts.items()
    ]
    ratios = [(_mean(curve(run.metrics, NORMS["selected"])), _mean(curve(run.metrics, NORMS["rest"]))) for run in runs]
    # "roughly three times higher" is what the paper says.
    rows.append(("selected norm / rest norm", *(a / b if a is not None and b else None for a, b in ratios), 3))
    errors = [[value for _, value in curve(run.metrics, "gradient/split_error")] for run in runs]
    rows.append(("largest |g_S + g_R - g_full|, relative", *(max(found, default=None) for found in errors), None))
    rows.append(("measured steps", *(len(curve(run.metrics, NORMS["full"])) for run in runs), None))
    return Table(
        name="gradients",
        title="The gradient of the last layer, means over measured steps",
        columns=("what", *(run.name for run in runs), "paper"),
        rows=tuple(rows),
        note="A run without key tokens has the full gradient alone.",
    )


def _variance_table(runs: list[RunData]) -> Table:
    rows: list[tuple[Value, ...]] = []
    for run in runs:
        variances, losses = loss_variance(run.metrics), curve(run.metrics, "loss")
        rows.append((run.name, _mean(variances), _mean(losses), len(losses), run.settings.get("logging_steps")))
    return Table(
        name="loss_variance",
        title=f"Variance of the training loss over {WINDOW} logged losses",
        columns=("run", "mean variance", "mean loss", "logged losses", "logging_steps"),
        rows=tuple(rows),
        note=f"The paper states {PAPER_VARIANCE} for Video-KTR and 0.5528 for plain GRPO, without the formula.",
    )


def _mean(points: Points) -> float | None:
    return float(np.mean([value for _, value in points])) if points else None


def _plots(measured: list[RunData], scattered: list[RunData]) -> list[Plot]:
    plots = []
    for name, title, keys in (
        ("gradient_norms", "Norm of the last layer's gradient", NORMS),
        ("gradient_cosines", "Cosine with the full gradient", COSINES),
    ):
        lines = [
            (f"{part}, {plain(run.name)}", curve(run.metrics, key), LINES[part], ("-", "--")[place])
            for place, run in enumerate(measured)
            for part, key in keys.items()
        ]
        if any(points for _, points, _, _ in lines):
            plots.append(Plot(name=name, title=title, draw=_drawing(title, lines)))
    title = f"Variance of the loss over {WINDOW} logged losses"
    lines = [
        (plain(run.name), loss_variance(run.metrics), (RUN, OTHER)[place], ("-", "--")[place])
        for place, run in enumerate(scattered)
    ]
    return [*plots, *([Plot(name="loss_variance", title=title, draw=_drawing(title, lines))] if scattered else [])]


def _drawing(title: str, lines: list[tuple[str, Points, str, str]]) -> "Callable[[Figure], None]":
    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        for label, points, colour, style in lines:
            if not points:
                continue
            smooth = running_mean(points)
            if smooth:
                axes.plot(*zip(*points, strict=True), style, color=colour, linewidth=0.8, alpha=0.3)
            marker = "o" if len(points) == 1 else ""
            axes.plot(*zip(*(smooth or points), strict=True), style, color=colour, label=label, marker=marker)
        axes.set_xlabel("optimizer step")
        axes.set_title(title, fontsize="medium")
        figure.legend(fontsize="x-small", loc="outside lower center", ncols=2)

    return draw
