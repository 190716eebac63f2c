"""Pictures of results: accuracy over the number of frames, and the parts of a benchmark side by side (Figure 3b)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from video_ktr.evaluation.published import SUBTASKS, TABLE_1
from video_ktr.evaluation.report_table import ReportedResult
from video_ktr.evaluation.summary import headline_of
from video_ktr.jobs.figure_files import plain, save_figure

_PUBLISHED_LINES = ("Qwen2.5-VL-SFT", "Video-KTR")
_GREY = "#8c8c8c"
_BARS_WIDE = 0.8


def draw_frame_scaling(results: Sequence[ReportedResult], mode: str, folder: Path) -> list[Path]:
    """Draw frames.svg and frames.png: a panel a benchmark, a line a model, bars for 95 % intervals.

    The paper's lines (Table 1) are dashed. Nothing is drawn, and [] given back, when no result tells its frames.
    """
    panels: dict[str, list[ReportedResult]] = {}
    for result in results:
        if result.frames is not None and headline_of(result.meta, mode):
            panels.setdefault(result.benchmark, []).append(result)
    if not panels:
        return []
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * len(panels), 3.6), layout="constrained")
    all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (benchmark, found) in zip(all_axes, panels.items(), strict=True):
        _published_lines(axes, benchmark)
        for model in dict.fromkeys(result.model for result in found):
            _own_line(axes, model, [result for result in found if result.model == model], mode)
        axes.set_title(plain(found[0].title))
        axes.set_xlabel("frames at most")
        axes.set_xscale("log", base=2)
        ticks = sorted({result.frames or 0 for result in found} | {16, 32, 64})
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.legend(fontsize="x-small")
    all_axes[0].set_ylabel(f"score, % ({mode})")
    return save_figure(figure, folder, "frames")


def draw_parts(results: Sequence[ReportedResult], mode: str, folder: Path) -> list[Path]:
    """Draw parts-BENCHMARK.svg and .png for each benchmark with groups: a bar a result for each part, with intervals.

    The parts are the values of the benchmark's first kind of group; of Video-Holmes, the subtasks of Figure 3b, with
    published numbers in grey.
    """
    by_benchmark: dict[str, list[ReportedResult]] = {}
    for result in results:
        if result.meta["modes"].get(mode, {}).get("groups"):
            by_benchmark.setdefault(result.benchmark, []).append(result)
    files = []
    for benchmark, found in by_benchmark.items():
        files += _draw_benchmark(benchmark, found, mode, folder)
    return files


def _draw_benchmark(benchmark: str, found: Sequence[ReportedResult], mode: str, folder: Path) -> list[Path]:
    from matplotlib.figure import Figure

    kind = next(iter(found[0].meta["modes"][mode]["groups"]))
    groups = [result.meta["modes"][mode]["groups"].get(kind, {}) for result in found]
    parts = list(dict.fromkeys(part for group in groups for part in group))
    published = SUBTASKS.get(benchmark, {})
    series = len(found) + len(published)
    figure = Figure(figsize=(max(5.0, 0.35 * len(parts) * (series + 1)), 4), layout="constrained")
    axes = figure.add_subplot()
    for place, (name, scores) in enumerate(published.items()):
        known = [index for index, part in enumerate(parts) if part in scores]
        at = [index + _offset(place, series) for index in known]
        heights = [scores[parts[index]] for index in known]
        axes.bar(at, heights, _BARS_WIDE / series, label=f"{plain(name)}, published", color=_GREY)
    for place, (result, group) in enumerate(zip(found, groups, strict=True), len(published)):
        known = [index for index, part in enumerate(parts) if part in group]
        tallies = [group[parts[index]] for index in known]
        frames = "" if result.frames is None else f", {result.frames} frames"
        axes.bar(
            [index + _offset(place, series) for index in known],
            [100 * tally["accuracy"] for tally in tallies],
            _BARS_WIDE / series,
            yerr=_reach([(tally["accuracy"], tally["low"], tally["high"]) for tally in tallies]),
            label=plain(f"{result.model}{frames}"),
            error_kw={"linewidth": 0.8},
        )
    axes.set_xticks(range(len(parts)), [plain(part) for part in parts])
    if any(len(part) > 10 for part in parts):
        axes.tick_params(axis="x", labelrotation=45)
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")
    axes.set_ylabel(f"score, % ({mode})")
    axes.set_title(f"{plain(found[0].title)} by {plain(kind)}")
    figure.legend(fontsize="small", loc="outside lower center", ncols=2)
    return save_figure(figure, folder, f"parts-{_file_name(benchmark)}")


def _published_lines(axes: Any, benchmark: str) -> None:
    for model, marker in zip(_PUBLISHED_LINES, ("v", "^"), strict=True):
        rows = [row for row in TABLE_1 if row.model == model and benchmark in row.scores]
        if rows:
            points = [float(row.frames) for row in rows], [row.scores[benchmark] for row in rows]
            axes.plot(*points, "--", marker=marker, color=_GREY, label=f"{model} 7B, published")


def _own_line(axes: Any, model: str, found: Sequence[ReportedResult], mode: str) -> None:
    points = sorted((result.frames or 0, headline_of(result.meta, mode) or {}) for result in found)
    values = [(average["value"], average["low"], average["high"]) for _, average in points]
    heights = [100 * value for value, _, _ in values]
    axes.errorbar(
        [frames for frames, _ in points], heights, yerr=_reach(values), marker="o", capsize=3, label=plain(model)
    )


def _reach(values: Sequence[tuple[float, float, float]]) -> tuple[list[float], list[float]]:
    """How far intervals reach below and above (value, low, high), in percent."""
    below = [100 * max(0.0, value - low) for value, low, _ in values]
    return below, [100 * max(0.0, high - value) for value, _, high in values]


def _offset(place: int, series: int) -> float:
    return (place - (series - 1) / 2) * _BARS_WIDE / series


def _file_name(name: str) -> str:
    return "".join(character if character.isalnum() or character in "-_" else "_" for character in name)
