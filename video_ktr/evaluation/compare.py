"""Two results on the same questions, compared question by question."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.benchmarks.averages import average
from video_ktr.evaluation.bootstrap import Average, bootstrap_average
from video_ktr.evaluation.result_file import Result, ResultRow
from video_ktr.evaluation.summary import headline_of

SIGNIFICANT = 0.05


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Result A against result B under one rule, over the questions that both have and the rule can score."""

    benchmark: str
    mode: str
    n: int
    first: float
    second: float
    """The benchmark's headline average of A and of B over these questions."""
    difference: Average
    """B minus A in that average, with its paired bootstrap interval."""
    only_first_right: int
    only_second_right: int
    """Questions on which A, or B, has the higher score."""
    p_value: float
    """Two-sided, of McNemar's exact test on these two counts; where scores are graded it is the sign test."""
    left_out: dict[str, list[str]]
    """Ids of questions that are in A only, in B only, or not scored by the rule in one of them."""

    @property
    def decided(self) -> bool:
        """Whether the difference is outside the noise: test and interval both say so, in the same direction."""
        votes = self.only_second_right - self.only_first_right
        up, down = self.difference.low > 0 and votes > 0, self.difference.high < 0 and votes < 0
        return self.p_value < SIGNIFICANT and (up or down)

    @property
    def verdict(self) -> str:
        """One sentence; a difference inside the noise is no win for either."""
        points = 100 * abs(self.difference.value)
        if self.decided:
            better = "B" if self.difference.value > 0 else "A"
            return f"{better} is higher by {points:.1f} points, outside the noise of {self.n} questions"
        return f"no difference can be told: {points:.1f} points are inside the noise of {self.n} questions"


def compare_results(a: Result, b: Result, mode: str = "video_r1", *, seed: int = 0) -> Comparison:
    """Compare two results, paired by question id.

    The test is exact: with n questions on which the scores differ, the smaller count is binomial(n, 1/2) when neither
    model is better. Raises ConfigError for different benchmarks and for a mode that scored nothing, DataError when
    they share no question, or share ids but not the right answers.
    """
    if a.meta["benchmark"] != b.meta["benchmark"]:
        raise ConfigError(
            f"{b.path}: is a result on {b.meta['benchmark']!r}, {a.path} one on {a.meta['benchmark']!r}; "
            "give two results on the same benchmark"
        )
    headline = headline_of(a.meta, mode)
    if headline is None:
        known = ", ".join(a.meta["modes"])
        raise ConfigError(f"{a.path}: has no scores by the rule {mode!r}; give --mode one of {known}")
    pairs, left_out = _pairs(a, b, mode)
    if not pairs:
        raise DataError(f"{b.path}: shares no scored question with {a.path}; give results on the same questions")
    name = headline["name"]
    only_first, only_second = (sum(x > y for _, x, y in pairs), sum(y > x for _, x, y in pairs))
    return Comparison(
        benchmark=a.meta["benchmark"],
        mode=mode,
        n=len(pairs),
        first=average([(groups, x) for groups, x, _ in pairs], name) or 0.0,
        second=average([(groups, y) for groups, _, y in pairs], name) or 0.0,
        difference=bootstrap_average([(groups, y - x) for groups, x, y in pairs], name, seed=seed),
        only_first_right=only_first,
        only_second_right=only_second,
        p_value=exact_mcnemar(only_first, only_second),
        left_out=left_out,
    )


def exact_mcnemar(first: int, second: int) -> float:
    """Two-sided p of McNemar's exact test: min(1, 2 P(X <= min(first, second))), X binomial(first + second, 1/2).

    In whole numbers up to the last division, so that nothing is lost to rounding. Example: 1 and 5 give
    2 (1 + 6) / 64 = 0.21875; no discordant pair gives 1.
    """
    total = first + second
    tail = term = 1
    for k in range(1, min(first, second) + 1):
        term = term * (total - k + 1) // k
        tail += term
    # A fraction of whole numbers of any size; a float of 2 ** total would overflow.
    return min(1.0, float(Fraction(2 * tail, 1 << total)))


def _pairs(
    a: Result, b: Result, mode: str
) -> tuple[list[tuple[Mapping[str, str], float, float]], dict[str, list[str]]]:
    first, second = _by_id(a), _by_id(b)
    left_out: dict[str, list[str]] = {
        "only in A": [key for key in first if key not in second],
        "only in B": [key for key in second if key not in first],
        "not scored": [],
    }
    pairs: list[tuple[Mapping[str, str], float, float]] = []
    for key in (key for key in first if key in second):
        row, other = first[key], second[key]
        if row["solution"] != other["solution"]:
            raise DataError(
                f"{b.path}: the right answer of question {key[:80]!r} is another than in {a.path}; "
                "make both from the same file of questions"
            )
        x, y = row["scores"].get(mode), other["scores"].get(mode)
        if x is None or y is None:
            left_out["not scored"].append(key)
        else:
            pairs.append((row["groups"], x, y))
    return pairs, left_out


def _by_id(result: Result) -> dict[str, ResultRow]:
    return {row["id"]: row for row in result.rows}
