"""How close one text is to another: word errors and shared word sequences, by the usual libraries.

They are imported at the first text that needs them; most data sets hold none.
"""

import functools
from typing import Any

from video_ktr.errors import ConfigError

_ROUGE = ("rouge1", "rouge2", "rougeL")


def word_accuracy(prediction: str, truth: str) -> float:
    """Compute 1 - word error rate, clipped to [0, 1]; words are parted by white space, case counts.

    `truth` must hold a word. Raises ConfigError when jiwer is not installed.
    """
    try:
        import jiwer
    except ImportError as error:
        raise ConfigError("rewards: problem type 'OCR' needs jiwer; run: pip install jiwer") from error
    rate = jiwer.wer(" ".join(truth.split()), " ".join(prediction.split()))
    return min(1.0, max(0.0, 1.0 - float(rate)))


def rouge(prediction: str, truth: str) -> float | None:
    """Average the F1 of ROUGE-1, ROUGE-2 and ROUGE-L, with stemming.

    Two equal one-word texts give 2/3, for they share no pair of words. ROUGE knows only the words of a-z and 0-9:
    None when `truth` has none, because no prediction could score then. Raises ConfigError when rouge-score is not
    installed.
    """
    if not any(character.isascii() and character.isalnum() for character in truth):
        return None
    scores = _scorer().score(truth, prediction)
    return float(sum(scores[name].fmeasure for name in _ROUGE)) / len(_ROUGE)


@functools.cache
def _scorer() -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise ConfigError(
            "rewards: problem type 'free-form' needs rouge-score; run: pip install rouge-score"
        ) from error
    return RougeScorer(list(_ROUGE), use_stemmer=True)
