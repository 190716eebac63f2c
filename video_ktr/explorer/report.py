"""One self-contained page on a training run: accuracy before and after, curves, coloured completions."""

import os
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from video_ktr.explorer.charts import LineChart, interval_rows, line_chart, share_ticks
from video_ktr.records.run_records import Record, curve, newest_completions, read_metrics, read_result
from video_ktr.records.token_text import LABELS, MEANINGS, SIGNALS, words_of

TEMPLATE = "report.html.jinja"


def write_report(
    target: str | Path,
    *,
    run: str | Path,
    before: str | Path | None = None,
    after: str | Path | None = None,
    completions: int = 12,
    title: str = "Video-KTR",
) -> Path:
    """Write the page for the run directory `run`, with the evaluation records `before` and `after` where given.

    The page asks nothing of the network and runs no script; all text of the run is escaped. Raises DataError when the
    run lacks metrics or token records, or an evaluation record cannot be read.
    """
    results = {name: read_result(path) for name, path in (("before", before), ("after", after)) if path is not None}
    metrics = read_metrics(run)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template(TEMPLATE).render(
        title=title,
        steps=max((int(record["step"]) for record in metrics), default=0),
        results=results,
        groups=(groups := result_groups(results)),
        rows=interval_rows(groups),
        share_ticks=share_ticks(),
        charts=run_charts(metrics),
        legend=[{"name": name, "label": LABELS[name], "meaning": MEANINGS[name]} for name in SIGNALS],
        completions=[_completion(record) for record in newest_completions(run, completions)],
    )
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(page, encoding="utf-8")
    os.replace(partial, path)
    return path


def result_groups(results: dict[str, Record]) -> dict[str, dict[str, Record]]:
    """Group label -> model label -> tally: all questions first, then each type that any result holds."""
    groups: dict[str, dict[str, Record]] = {}
    for name, result in results.items():
        for label, tally in {"all": result["overall"], **result["by_type"]}.items():
            groups.setdefault(label, {})[name] = tally
    return groups


def run_charts(metrics: list[Record]) -> list[LineChart]:
    """The curves of a run; one that was never logged is left out."""
    single = {
        "reward": "reward",
        "accuracy (reward)": "rewards/accuracy_reward/mean",
        "format (reward)": "rewards/format_reward/mean",
        "entropy, nats a token": "entropy",
        "completion length, tokens": "completions/mean_length",
    }
    charts = [line_chart(title, {title: ("union", curve(metrics, key))}) for title, key in single.items()]
    ratios = {LABELS[name]: (name, curve(metrics, f"key_tokens/{name}/ratio")) for name in SIGNALS}
    union = {"any": ("union", curve(metrics, "key_tokens/update_ratio"))}
    charts.append(line_chart("share of tokens that learn", {**union, **ratios}))
    return [chart for chart in charts if chart is not None]


def _completion(record: Record) -> dict[str, Any]:
    return {
        "question": record["question"],
        "step": record["step"],
        "rewards": dict(record["rewards"] or []),
        "advantage": record["advantage"],
        "words": words_of(record),
    }
