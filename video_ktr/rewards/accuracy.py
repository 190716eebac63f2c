"""How right the final answer is."""

import math
from collections.abc import Callable, Sequence

from video_ktr.rewards.answer import Completion, extract_answer
from video_ktr.rewards.row_scores import LogMetric, score_rows
from video_ktr.rewards.temporal_iou import temporal_iou
from video_ktr.rewards.text_metrics import rouge, rouge_l, word_accuracy

_TINY = 1e-9


def accuracy_reward(
    completions: Sequence[Completion],
    solution: Sequence[str],
    problem_type: Sequence[str],
    *,
    log_metric: LogMetric | None = None,
    **kwargs: object,  # noqa: ARG001  # TRL passes every column of the data set
) -> list[float | None]:
    """Score each completion's answer against its solution, in [0, 1] (the released code's rules).

    The answer is the first ``<answer>...</answer>`` of the completion. We differ from the released code in using each
    row's own problem type rather than the first row's, and in what cannot be scored: a solution that is empty or does
    not parse, or an unknown problem type, gives None there instead of 0. A completion without an answer, or with one
    that does not parse, scores 0. The share of rows that cannot be scored goes to TRL's log as ``unscorable``.
    """
    return score_rows(_score_text, completions, solution, problem_type, log_metric)


def score_accuracy(prediction: str, truth: str, problem_type: str) -> float | None:
    """Score one bare answer in [0, 1]; None when `truth` or `problem_type` does not allow it.

    multiple choice: the same text, case included ("A." is not "A"). numerical: equal to two decimals, and either both
    or neither written with a point or comma ("3.0" is not "3"). regression: 1 - relative error. OCR: 1 - word error
    rate. free-form: mean of three ROUGE F1. Beyond the released code, temporal grounding: overlap of intervals (see
    `temporal_iou`); caption: F1 of ROUGE-L, which is 1 for the reference itself however short it is.
    """
    scorer = _SCORERS.get(problem_type)
    return scorer(prediction, truth) if scorer and truth.strip() else None


def score_number(prediction: str, truth: str) -> float | None:
    """Compare two numbers to two decimals; see `score_accuracy`."""
    right, given = parse_number(truth), parse_number(prediction)
    if right is None:
        return None
    if given is None or _has_mark(prediction) != _has_mark(truth):
        return 0.0
    return float(round(right, 2) == round(given, 2))


def parse_number(text: str) -> float | None:
    """Read a number in which commas part thousands; None when it is none, infinite or not a number."""
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _score_text(text: str, truth: str, problem_type: str) -> float | None:
    return score_accuracy(extract_answer(text), truth, problem_type)


def _score_choice(prediction: str, truth: str) -> float:
    return float(prediction == truth)


def _has_mark(text: str) -> bool:
    return "." in text or "," in text


def _score_regression(prediction: str, truth: str) -> float | None:
    right, given = parse_number(truth), parse_number(prediction)
    if right is None:
        return None
    if given is None:
        return 0.0
    relative_error = (abs(given - right) + _TINY) / (abs(right) + _TINY)
    return 1.0 - min(1.0, max(0.0, relative_error))


_SCORERS: dict[str, Callable[[str, str], float | None]] = {
    "multiple choice": _score_choice,
    "numerical": score_number,
    "regression": _score_regression,
    "OCR": word_accuracy,
    "free-form": rouge,
    "temporal grounding": temporal_iou,
    "caption": rouge_l,
}
