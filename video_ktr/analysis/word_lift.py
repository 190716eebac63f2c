"""The words that set a signal's selection apart: log-odds of being selected, with a prior that tames rare words.

Source: Monroe, Colaresi and Quinn, "Fightin' Words: Lexical Feature Selection and Evaluation for Identifying the
Content of Political Conflict", Political Analysis 16(4), 2008: the log-odds ratio with an informative Dirichlet prior.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from video_ktr.analysis.run_data import NO_RECORDS, NOTHING_CHOSEN, RunData
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.tables import Table
from video_ktr.analysis.words import ANY, MARKUP_NOTE, left_out

TITLE = "Words that a signal prefers"
TOP = 20
PRIOR_WORDS = 500.0


@dataclass(frozen=True, kw_only=True)
class Lift:
    """How much likelier a word is among the selected words than among the rest."""

    word: str
    selected: int
    rest: int
    log_odds: float
    """The log-odds ratio in nats: 0 says as frequent in both, ln 2 that the odds of it are twice as high in one."""
    z: float
    """`log_odds` in standard deviations."""


def word_lifts(selected: Mapping[str, int], rest: Mapping[str, int], prior_words: float = PRIOR_WORDS) -> list[Lift]:
    """The log-odds ratio of every word with an informative Dirichlet prior, the highest z first.

    Let word w occur y_w times among the n selected words and x_w times among the m others. The prior says that both
    draw words as all of them together do, as firmly as a = `prior_words` words would: a_w = a (y_w + x_w) / (n + m).
    Then, in nats,

        log_odds_w = ln((y_w + a_w) / (n + a - y_w - a_w)) - ln((x_w + a_w) / (m + a - x_w - a_w))
        z_w = log_odds_w / sqrt(1 / (y_w + a_w) + 1 / (x_w + a_w))

    The paper's authors take their prior from a larger collection of text; a run has none, so ours comes from the run
    itself. z of a word seen a few times stays small however one-sided it was; its log-odds ratio may be high. Where
    nothing or everything was selected all are 0. Equal z are sorted by word.

    Args:
        selected: How often each word was selected; counts above 0.
        rest: How often it was not.
        prior_words: The weight of the prior, above 0.

    Returns:
        One entry a word; [] with fewer than two words, which have no odds.
    """
    total_selected, total_rest = sum(selected.values()), sum(rest.values())
    words = set(selected) | set(rest)
    if len(words) < 2:
        return []
    lifts = []
    for word in words:
        y, x = selected.get(word, 0), rest.get(word, 0)
        prior = prior_words * (x + y) / (total_selected + total_rest)
        odds_selected = (y + prior) / (total_selected + prior_words - y - prior)
        odds_rest = (x + prior) / (total_rest + prior_words - x - prior)
        log_odds = math.log(odds_selected) - math.log(odds_rest)
        deviation = math.sqrt(1 / (y + prior) + 1 / (x + prior))
        lifts.append(Lift(word=word, selected=y, rest=x, log_odds=log_odds, z=log_odds / deviation))
    return sorted(lifts, key=lambda lift: (-lift.z, lift.word))


def lift_section(run: RunData, other: RunData | None) -> Section | Missing:
    """The section of the report: a table a signal, and those of the other run where its key tokens were chosen."""
    if not run.chosen:
        return Missing(title=TITLE, reason=NOTHING_CHOSEN if run.records else NO_RECORDS)
    tables = _tables(run, "")
    if not tables:
        return Missing(title=TITLE, reason="no signal selected some of the recorded words and left others")
    if other is not None and other.chosen:
        tables += _tables(other, "_other")
    return Section(
        id="word-lift",
        title=TITLE,
        text=(
            "Words with a log-odds ratio above 0 are likelier among the words a signal selected than among those it "
            "did not; the tables hold those of the highest z (Monroe, Colaresi and Quinn 2008). Their informative "
            f"prior is here the run's own words, weighed as {PRIOR_WORDS:.0f}: z of a word seen a few times "
            "stays small however one-sided it was, even where its log-odds ratio is high.",
            "Words are counted without regard to case, and one of several tokens has more chances to be selected. z "
            f"ranks words; it is no test, since the completions of one question repeat each other. {MARKUP_NOTE}",
            left_out(len(run.records), len(run.chosen)),
        ),
        tables=tuple(tables),
    )


def _tables(run: RunData, suffix: str) -> list[Table]:
    tables = []
    for signal, counts in run.word_counts.items():
        if signal == ANY or not counts.selected or not counts.rest:
            continue
        lifts = [lift for lift in word_lifts(counts.selected, counts.rest) if round(lift.z, 9) > 0][:TOP]
        tables.append(
            Table(
                name=f"word_lift_{signal}{suffix}",
                title=f"Highest lift, {signal}: {run.name}",
                columns=("word", "selected", "not selected", "log-odds ratio", "z"),
                rows=tuple((lift.word, lift.selected, lift.rest, lift.log_odds, lift.z) for lift in lifts),
            )
        )
    return tables
