"""What the quickstart prints at its end: accuracy before and after, coloured completions, where the report is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from video_ktr.explorer.report import result_groups
from video_ktr.explorer.terminal import coloured, legend
from video_ktr.records.run_records import newest_completions, read_result
from video_ktr.records.token_text import words_of

COMPLETIONS = 5


def show_summary(output: Path, pages: Mapping[str, Path], console: Console) -> None:
    """Print the results below `output`, and where its pages are."""
    results = {name: read_result(output / name / "result.json") for name in ("before", "after")}
    console.print(accuracy_table(results))
    for name, result in results.items():
        console.print(
            f"{name}: {100 * result['format_share']:.1f} % in the right format, {result['mean_length']:.1f} tokens",
            highlight=False,
        )
    console.print()
    console.print(legend())
    for record in newest_completions(output / "rl", COMPLETIONS):
        console.print()
        console.print(Text(f"step {record['step']}  {record['question']}", style="bold"))
        console.print(coloured(words_of(record)))
    console.print()
    for name, path in pages.items():
        console.print(f"{name}: {path}", highlight=False, soft_wrap=True)


def accuracy_table(results: dict[str, dict[str, Any]]) -> Table:
    """Accuracy before and after by question type, with 95 % Wilson intervals, and the difference in points."""
    table = Table(title="accuracy in %, one answer a question (95 % interval)")
    table.add_column("questions")
    for name in ("n", "before", "after", "points"):
        table.add_column(name, justify="right")
    for label, tallies in result_groups(results).items():
        before, after = tallies["before"], tallies["after"]
        points = 100 * (after["accuracy"] - before["accuracy"])
        table.add_row(
            label, str(before["n"]), _cell(before), _cell(after), f"{points:+.1f}", end_section=label == "all"
        )
    return table


def _cell(tally: dict[str, Any]) -> str:
    return f"{100 * tally['accuracy']:.1f} ({100 * tally['low']:.0f} to {100 * tally['high']:.0f})"
