"""Partial credit for some of several right options, and its all-or-nothing control: the rewards of TW-GRPO."""

from collections.abc import Sequence

from video_ktr.rewards.accuracy import parse_number, score_accuracy
from video_ktr.rewards.answer import Completion, extract_answer, tagged_answer
from video_ktr.rewards.row_scores import LogMetric, score_rows

_DECIMALS = 6


def soft_choice_reward(
    completions: Sequence[Completion],
    solution: Sequence[str],
    problem_type: Sequence[str],
    *,
    log_metric: LogMetric | None = None,
    **kwargs: object,  # noqa: ARG001  # TRL passes every column of the data set
) -> list[float | None]:
    """Score each completion in [0, 1] with partial credit for several right options; use it in place of accuracy.

    The multi-level reward of TW-GRPO (arXiv 2505.24718). multiple choice, with solutions such as "A,C": see
    `soft_choice`. numerical: 1 when the numbers are equal to six decimals. In these two an output without answer tags
    is taken whole, as there. Rows of other problem types are scored as accuracy does. A solution or problem type that
    cannot be scored gives None; the share of such rows goes to TRL's log as ``unscorable``.

    TW-GRPO asks the package math-verify first, which also takes "1/2" for "0.5" or LaTeX for its value. It is left
    out: the data it is for have letters as answers, and it would hand what a model writes to a symbolic solver that is
    stopped by a clock, so that a reward could depend on the load of the machine.
    """
    return score_rows(_score_text, completions, solution, problem_type, log_metric)


def origin_accuracy_reward(
    completions: Sequence[Completion],
    solution: Sequence[str],
    problem_type: Sequence[str],
    *,
    log_metric: LogMetric | None = None,
    **kwargs: object,  # noqa: ARG001  # TRL passes every column of the data set
) -> list[float | None]:
    """Give 1 where `soft_choice_reward` gives 1, else 0: TW-GRPO's binary control. None in the same places."""
    scores = soft_choice_reward(completions, solution, problem_type, log_metric=log_metric)
    return [None if score is None else float(score >= 1.0) for score in scores]


def soft_choice(prediction: str, truth: str) -> float | None:
    """Compute |S| / |Y| when every entry of the prediction S is among those of the truth Y, else 0.

    Entries are parted by commas; white space and repeats do not count, case does. "A" for "A,C" gives 1/2, "A,B" gives
    0 for its wrong entry, and so does an empty entry, as in "A,". None when `truth` has no entry.
    """
    right = set(_entries(truth)) - {""}
    if not right:
        return None
    chosen = set(_entries(prediction))
    return len(chosen) / len(right) if chosen <= right else 0.0


def _entries(text: str) -> list[str]:
    return "".join(text.split()).split(",")


def _score_text(text: str, truth: str, problem_type: str) -> float | None:
    if problem_type not in {"multiple choice", "numerical"}:
        return score_accuracy(extract_answer(text), truth, problem_type)
    tagged = tagged_answer(text)
    prediction = text if tagged is None else tagged
    return soft_choice(prediction, truth) if problem_type == "multiple choice" else _same_number(prediction, truth)


def _same_number(prediction: str, truth: str) -> float | None:
    right, given = parse_number(truth), parse_number(prediction)
    if right is None:
        return None
    return float(given is not None and round(given, _DECIMALS) == round(right, _DECIMALS))
