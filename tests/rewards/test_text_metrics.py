import random
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from video_ktr.errors import ConfigError
from video_ktr.rewards import text_metrics
from video_ktr.rewards.text_metrics import rouge, rouge_l, word_accuracy

TYPES = ["rouge1", "rouge2", "rougeL"]
texts = st.lists(st.sampled_from(["cat", "cats", "Runs", "running", "a", "7", "-", "猫", "É", "\u212a"]), max_size=12)


@given(texts.map(" ".join), texts.map(" ".join))
def test_the_numbers_are_those_of_rouge_score(prediction, truth):
    reference = RougeScorer(TYPES, use_stemmer=True).score(truth, prediction)
    fs = [reference[name].fmeasure for name in TYPES]
    if rouge_l(prediction, truth) is None:
        assert rouge(prediction, truth) is None
        assert fs == [0, 0, 0]
    else:
        assert rouge_l(prediction, truth) == pytest.approx(fs[2])
        assert rouge(prediction, truth) == pytest.approx(sum(fs) / 3)


def test_a_text_without_words_for_rouge_cannot_be_a_truth():
    assert (rouge("猫", "猫"), rouge_l("a", "—")) == (None, None)
    assert (rouge("", "cat"), rouge_l("猫", "cat")) == (0.0, 0.0)


@pytest.mark.parametrize("score", [rouge, rouge_l, word_accuracy])
def test_long_texts_on_both_sides_take_seconds_at_most(score):
    generator = random.Random(0)  # noqa: S311
    first, second = (" ".join(generator.choices("abcdefgh", k=50_000)) for _ in range(2))
    start = time.perf_counter()
    assert 0.0 < score(first, second) < 1.0
    assert time.perf_counter() - start < 20.0


@pytest.mark.parametrize(
    ("score", "library"),
    [(word_accuracy, "jiwer"), (rouge, "rouge_score.rouge_scorer"), (rouge_l, "rapidfuzz.distance")],
)
def test_a_missing_library_is_named(monkeypatch, score, library):
    text_metrics._rouge_tools.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match=f"pip install .*{library.split('.')[0].replace('_', '-')}"):
        score("a", "a")
