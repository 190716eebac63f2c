"""How close a caption is to its reference."""

from collections.abc import Sequence

from video_ktr.rewards.answer import Completion, extract_answer
from video_ktr.rewards.row_scores import LogMetric, score_rows
from video_ktr.rewards.text_metrics import rouge_l

PROBLEM_TYPE = "caption"


def caption_reward(
    completions: Sequence[Completion],
    solution: Sequence[str],
    problem_type: Sequence[str],
    *,
    log_metric: LogMetric | None = None,
    **kwargs: object,  # noqa: ARG001  # TRL passes every column of the data set
) -> list[float | None]:
    """Score rows of problem type "caption" by the F1 of ROUGE-L, in [0, 1]; rows of other types give None.

    The accuracy reward scores these rows the same; this one is for rewards weighted apart. A reference without a word
    of a-z and 0-9 gives None; the share of its rows that cannot be scored goes to TRL's log as ``unscorable``.
    """
    return score_rows(_score_text, completions, solution, problem_type, log_metric, only=PROBLEM_TYPE)


def _score_text(text: str, truth: str, problem_type: str) -> float | None:  # noqa: ARG001  # one type only
    return rouge_l(extract_answer(text), truth)
