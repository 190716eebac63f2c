"""Scoring one model output of a benchmark."""

from typing import Literal

import numpy as np

from video_ktr.errors import ConfigError
from video_ktr.rewards.accuracy import parse_number, score_number
from video_ktr.rewards.answer import extract_answer, solution_answer

ScoringMode = Literal["video_r1"]


def score_answer(output: str, solution: str, problem_type: str, *, mode: ScoringMode = "video_r1") -> float:
    """Score one output in [0, 1] by the rules that the published numbers were made with (Video-R1's evaluation script).

    The answer is the first ``<answer>...</answer>``, or the whole output where that is missing or empty (in training
    it would be wrong). multiple choice and numerical are as in training, regression is the mean relative accuracy.
    OCR and free-form always score 0 there, and so does what cannot be parsed on either side; 0 is kept, not NaN,
    because a published mean is over all questions. Raises ConfigError for an unknown `mode`.
    """
    if mode != "video_r1":
        raise ConfigError(f"scoring mode {mode!r} is unknown; use 'video_r1'")
    prediction, truth = extract_answer(output) or output, solution_answer(solution)
    match problem_type:
        case "multiple choice":
            return float(prediction == truth)
        case "numerical":
            return score_number(prediction, truth) or 0.0
        case "regression":
            return mean_relative_accuracy(prediction, truth)
    return 0.0


def mean_relative_accuracy(prediction: str, truth: str) -> float:
    """Compute the share of theta in {0.50, 0.55, ..., 0.95} with |p - t| / (|t| + 1e-8) < 1 - theta.

    In float32, as published: at exact ties the rounding decides. 0 where either side is no finite number.
    """
    given, right = parse_number(prediction), parse_number(truth)
    if given is None or right is None:
        return 0.0
    thresholds = np.arange(0.5, 0.975, 0.05).astype(np.float32)
    # Numbers beyond float32 become infinite, and no error below a threshold.
    with np.errstate(over="ignore", invalid="ignore"):
        p, t = np.float32(given), np.float32(right)
        error = np.abs(p - t) / (np.abs(t) + np.float32(1e-8))
        return float(np.mean(error < np.float32(1) - thresholds, dtype=np.float32))
