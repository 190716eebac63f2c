import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.records.token_text import words_of


def shown(words):
    return [(word.text, word.signals) for word in words]


def test_subwords_become_one_word_with_the_signals_of_all(record):
    tokens = [" a", " tri", "angle", " ,", " green"]
    words = words_of(record(0, "q", tokens, visual=[1], temporal=[2], entropy=[4]))
    assert shown(words) == [("a", ()), ("triangle", ("visual", "temporal")), (",", ()), ("green", ("entropy",))]
    assert words[1].scores == {"visual": 2.0, "temporal": 2.0, "entropy": 2.0}
    assert words[1].space == " "


@pytest.mark.parametrize(
    ("tokens", "texts"),
    [
        (["<", "think", ">", "\n", "It", "'s"], ["<", "think", ">", "It", "'s"]),
        ([" .", "</think>", "<answer>", " C"], [".", "</think>", "<answer>", "C"]),
        (["3", ".", "14"], ["3", ".", "14"]),
        (["红色", "方块"], ["红色", "方块"]),
        ([" caf", "\ufffd", "\ufffd", " x"], ["caf\ufffd\ufffd", "x"]),
        (["", "a"], ["a"]),
        ([" a", "\n"], ["a", ""]),
        ([], []),
    ],
)
def test_where_words_end(record, tokens, texts):
    words = words_of(record(0, "q", tokens))
    assert [word.text for word in words] == texts
    assert "".join(word.space + word.text for word in words) == "".join(tokens)


def test_a_signal_that_is_off_marks_nothing(record):
    tokens = record(0, "q", [" a"], visual=[0], temporal_score=None, temporal_selected=None)
    assert words_of(tokens)[0].scores == {"visual": 0.0, "entropy": 0.0}
    assert words_of(tokens)[0].signals == ("visual",)


@given(st.lists(st.text(max_size=4), max_size=12))
def test_no_text_and_no_selection_is_lost(tokens):
    scores = {f"{name}_score": [0.0] * len(tokens) for name in ("visual", "temporal", "entropy")}
    chosen = {f"{name}_selected": [True] * len(tokens) for name in ("visual", "temporal", "entropy")}
    words = words_of({"tokens": tokens, **scores, **chosen})
    assert "".join(word.space + word.text for word in words) == "".join(tokens)
    assert all(word.signals == ("visual", "temporal", "entropy") for word in words)
