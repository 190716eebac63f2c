"""What the rows of a result add up to: averages by name, sub-scores with intervals, and what went wrong how often."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from video_ktr.data.rejects import Rejects
from video_ktr.evaluation.benchmarks.averages import GroupedScore
from video_ktr.evaluation.benchmarks.benchmark import MODES, Benchmark
from video_ktr.evaluation.benchmarks.question import UNKNOWN, Question
from video_ktr.evaluation.bootstrap import Average, bootstrap_average
from video_ktr.evaluation.extraction import first_answer_block
from video_ktr.evaluation.scoring import STATES
from video_ktr.evaluation.tally import Tally, tally

if TYPE_CHECKING:
    from video_ktr.evaluation.result_file import ResultRow

LENIENT = "lenient"
MICRO = "micro"


@dataclass(frozen=True, kw_only=True)
class ModeSummary:
    """The scores by one rule. Questions that the rule cannot score (a judge model is needed) are not in it."""

    headline: Average
    """The number that the benchmark is known by under this rule."""
    overall: Tally
    """Over questions: the micro average."""
    groups: dict[str, dict[str, Tally]]
    """Kind of group -> value -> its questions, both in order of first appearance."""
    macro: dict[str, Average]
    """Kind of group -> mean of the means of its values."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a result amounts to."""

    benchmark: str
    modes: dict[str, ModeSummary]
    """"video_r1", "official" and "lenient"; a rule that can score no question is left out."""
    counts: dict[str, int | None]
    """Questions, how many the benchmark has ("expected", None where that is not known), one count for each state, and:
    "no answer tag" (answered without ``<answer>``), "truncated" (cut at the greatest length), "unscorable" (the
    official rule needs a judge model)."""
    warnings: list[str]

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain values."""
        return asdict(self)


def summarise(benchmark: Benchmark, rows: Iterable["ResultRow"], *, warnings: Sequence[str] = ()) -> Summary:
    """Add the rows up.

    Whatever was not answered (media missing or unreadable, engine failed, output empty) is in every average as 0, so
    that n is the same whatever went wrong. Tallies have Wilson intervals, which are on the wide side for graded
    scores; macro averages have bootstrap intervals. The lenient number's headline is the micro average. `warnings`
    are kept as they are; see `question_warnings`.
    """
    found = list(rows)
    modes = {mode: _mode(benchmark, mode, found) for mode in (*MODES, LENIENT)}
    return Summary(
        benchmark=benchmark.name,
        modes={mode: summary for mode, summary in modes.items() if summary is not None},
        counts=_counts(benchmark, found),
        warnings=list(warnings),
    )


def question_warnings(benchmark: Benchmark, questions: Sequence[Question], rejects: Rejects) -> list[str]:
    """What is to be said of the questions: counts that are not the published ones, and records left out."""
    return [*benchmark.count_warnings(questions), *(f"records left out: {line}" for line in rejects.summary())]


def _mode(benchmark: Benchmark, mode: str, rows: Sequence["ResultRow"]) -> ModeSummary | None:
    scores = [(row["groups"], score) for row in rows if (score := row["scores"].get(mode)) is not None]
    if not scores:
        return None
    overall = tally([score for _, score in scores])
    groups = {name: _group(name, scores) for name in benchmark.group_names}
    headline = benchmark.headline(mode) if mode in MODES else MICRO
    return ModeSummary(
        headline=_micro(overall) if headline == MICRO else bootstrap_average(scores, headline),
        overall=overall,
        groups=groups,
        macro={name: bootstrap_average(scores, f"macro:{name}") for name in groups},
    )


def _micro(overall: Tally) -> Average:
    return Average(
        name=MICRO, value=overall.accuracy, n=overall.n, low=overall.low, high=overall.high, interval="wilson"
    )


def _group(name: str, scores: Sequence[GroupedScore]) -> dict[str, Tally]:
    parts: dict[str, list[float]] = {}
    for groups, score in scores:
        parts.setdefault(groups.get(name, UNKNOWN), []).append(score)
    return {value: tally(part) for value, part in parts.items()}


def _counts(benchmark: Benchmark, rows: Sequence["ResultRow"]) -> dict[str, int | None]:
    states = {state: sum(row["state"] == state for row in rows) for state in STATES}
    untagged = (row["state"] == "answered" and first_answer_block(row["output"] or "") is None for row in rows)
    return {
        "questions": len(rows),
        "expected": benchmark.expected.get("all"),
        **states,
        "no answer tag": sum(untagged),
        "truncated": sum(row["truncated"] for row in rows),
        "unscorable": sum(row["scores"].get("official") is None for row in rows),
    }


def headline_of(meta: Mapping[str, Any], mode: str) -> Mapping[str, Any] | None:
    """The headline average of a result.json under `mode`, as plain values; None where that rule scored nothing."""
    summary = meta["modes"].get(mode)
    return summary["headline"] if summary else None
