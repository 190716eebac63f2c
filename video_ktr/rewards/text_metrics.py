"""How close one text is to another: word errors and shared word sequences, by the usual libraries.

They are imported at the first text that needs them; most data sets hold none. No text is cut before it is scored:
jiwer and rapidfuzz compare 64 words in one operation, which is enough for outputs of 100,000 characters.
"""

import functools
from types import SimpleNamespace
from typing import Any

from video_ktr.errors import ConfigError


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
    in_order = rouge_l(prediction, truth)
    if in_order is None:
        return None
    _, counter, _ = _rouge_tools()
    counts = counter.score(truth, prediction)
    return float(counts["rouge1"].fmeasure + counts["rouge2"].fmeasure + in_order) / 3


def rouge_l(prediction: str, truth: str) -> float | None:
    """Compute the F1 of ROUGE-L: 2 x words in common in order / words of both, with stemming, in [0, 1].

    The number of rouge-score on its own words, but with the common sequence found by rapidfuzz: rouge-score fills a
    table of every pair of words, minutes and gigabytes for a long output. None when `truth` has no word of a-z and
    0-9. Raises ConfigError when rouge-score is not installed.
    """
    tokenize, _, common_in_order = _rouge_tools()
    wanted, given = tokenize(truth), tokenize(prediction)
    if not wanted:
        return None
    return 2.0 * float(common_in_order(wanted, given)) / (len(wanted) + len(given))


@functools.cache
def _rouge_tools() -> tuple[Any, Any, Any]:
    """What parts words, what counts words and pairs, and what measures the longest common sequence."""
    try:
        from rapidfuzz.distance import LCSseq
        from rouge_score.rouge_scorer import RougeScorer
        from rouge_score.tokenizers import DefaultTokenizer
    except ImportError as error:
        raise ConfigError(
            "rewards: problem types 'free-form' and 'caption' need rouge-score and rapidfuzz; run: pip install "
            "rouge-score rapidfuzz"
        ) from error
    # Stemming takes most of the time, and a text is asked for more than once: a truth by each row of its group.
    tokenize = functools.lru_cache(maxsize=8)(DefaultTokenizer(use_stemmer=True).tokenize)
    counter = RougeScorer(["rouge1", "rouge2"], tokenizer=SimpleNamespace(tokenize=tokenize))
    return tokenize, counter, LCSseq.similarity
