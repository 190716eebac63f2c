"""Results of one's own in the layout of the paper's tables, the published rows beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.benchmarks.registry import BENCHMARKS
from video_ktr.evaluation.published import GENERAL, IMAGES, REASONING, TABLE_1, TABLE_3, TABLE_5, PublishedRow
from video_ktr.evaluation.result_file import RESULT, model_name, read_meta
from video_ktr.evaluation.summary import headline_of

_WRONG = ("empty", "missing media", "unreadable media", "failed")
_OWN = "These results"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One number, in percent; what was published has no interval."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    note: int | None = None
    """Number of the table's note on it."""


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One model at one number of frames."""

    section: str
    source: str
    """Where a published row stands; "" for results of one's own."""
    model: str
    size: str = ""
    frames: str = ""
    cells: dict[str, Cell]
    """By benchmark."""


@dataclass(frozen=True, kw_only=True)
class ReportTable:
    """A table; columns are benchmarks, by name, with a title each, under headings that span some of them."""

    title: str
    columns: dict[str, str]
    headings: list[tuple[str, int]]
    decimals: int = 1
    rows: list[TableRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ReportedResult:
    """The result.json of one result, and the names that it has in a report."""

    path: Path
    meta: dict[str, Any]
    model: str
    benchmark: str
    title: str
    frames: int | None


def find_results(paths: Sequence[str | Path]) -> list[ReportedResult]:
    """Read every result.json: those given, those of the folders given, and those anywhere below them.

    Models go by the last part of their name where that tells them apart. Raises DataError when a path holds no result,
    ConfigError when a model has two results on one benchmark at one number of frames.
    """
    files = list(dict.fromkeys(file for path in paths for file in _files(Path(path))))
    metas = {file: read_meta(file) for file in files}
    names = {file: model_name(meta) for file, meta in metas.items()}
    last = {name: name.rstrip("/").rpartition("/")[2] or name for name in names.values()}
    found: dict[tuple[str, str, int | None], ReportedResult] = {}
    for file, meta in metas.items():
        name, benchmark, frames = names[file], meta["benchmark"], meta.get("frames")
        if (before := found.get((name, benchmark, frames))) is not None:
            raise ConfigError(f"{file}: is a second result of {name!r} on {benchmark!r}, after {before.path}; give one")
        model = last[name] if list(last.values()).count(last[name]) == 1 else name
        title = str(meta.get("title") or benchmark)
        found[name, benchmark, frames] = ReportedResult(
            path=file, meta=meta, model=model, benchmark=benchmark, title=title, frames=frames
        )
    return list(found.values())


def build_tables(results: Sequence[ReportedResult], mode: str = "video_r1") -> list[ReportTable]:
    """Table 1 (with the rows of Table 5), Table 3 and one of all other benchmarks, as far as `results` has any of each.

    A row is one model at one number of frames, a number the benchmark's headline average by the rule `mode`, with its
    95 % interval. What a number leaves out or counts as wrong is told in a note. Raises ConfigError when no result has
    scores by that rule.
    """
    if not any(headline_of(result.meta, mode) for result in results):
        raise ConfigError(f"{results[0].path}: has no scores by the rule {mode!r}; give another --mode")
    video = {name: BENCHMARKS[name].title for name in (*REASONING, *GENERAL)}
    images = {name: BENCHMARKS[name].title for name in IMAGES}
    others = {r.benchmark: r.title for r in results if r.benchmark not in video | images}
    spans = [("Video reasoning", len(REASONING)), ("Video general", len(GENERAL))]
    layouts = (
        (ReportTable(title="Video benchmarks", columns=video, headings=spans), (*TABLE_1, *TABLE_5)),
        (ReportTable(title="Image benchmarks", columns=images, headings=[("Images", 4)], decimals=2), TABLE_3),
        (ReportTable(title="Other benchmarks", columns=others, headings=[("Other", len(others))]), ()),
    )
    tables = []
    for table, published in layouts:
        own = [result for result in results if result.benchmark in table.columns]
        if own:
            table.rows.extend(_published(row) for row in published)
            _add_own(table, own, mode)
            tables.append(table)
    return tables


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    elif (path / RESULT).exists():
        yield path / RESULT
    elif below := sorted(path.rglob(RESULT)):
        yield from below
    else:
        raise DataError(f"{path}: holds no {RESULT}; give a folder that evaluate or score wrote")


def _published(row: PublishedRow) -> TableRow:
    cells = {benchmark: Cell(value=score) for benchmark, score in row.scores.items()}
    section = f"{row.section} (published, {row.source})"
    return TableRow(section=section, source=row.source, model=row.model, size=row.size, frames=row.frames, cells=cells)


def _add_own(table: ReportTable, own: Sequence[ReportedResult], mode: str) -> None:
    rows: dict[tuple[str, int | None], TableRow] = {}
    for result in own:
        frames = "" if result.frames is None else str(result.frames)
        new = TableRow(section=_OWN, source="", model=result.model, frames=frames, cells={})
        row = rows.setdefault((result.model, result.frames), new)
        headline = headline_of(result.meta, mode)
        if headline is not None:
            note = _note(result, headline)
            if note:
                table.notes.append(f"{result.title}, {result.model}, {frames or '-'} frames: {note}")
            row.cells[result.benchmark] = Cell(
                value=100 * headline["value"],
                low=100 * headline["low"],
                high=100 * headline["high"],
                n=headline["n"],
                note=len(table.notes) if note else None,
            )
    models = list(dict.fromkeys(model for model, _ in rows))
    table.rows.extend(rows[key] for key in sorted(rows, key=lambda key: (models.index(key[0]), key[1] or 0)))
    if any(row.source for row in table.rows):
        table.notes.append("Published rows are the paper's; prompt and pixels may differ from these results.")
    table.notes.append(f"Rule: {mode}. In brackets: 95 % interval.")


def _note(result: ReportedResult, headline: Mapping[str, Any]) -> str:
    counts = result.meta["counts"]
    parts = []
    if counts.get("expected") not in {None, counts["questions"]}:
        parts.append(f"{counts['questions']} questions in place of {counts['expected']}")
    if headline["n"] != counts["questions"]:
        parts.append(f"{headline['n']} of {counts['questions']} questions scored by this rule")
    if headline["name"] != "micro":
        parts.append(f"{headline['name']} average")
    parts += [f"{counts[key]} {key}, counted as wrong" for key in _WRONG if counts.get(key)]
    return "; ".join(parts)
