import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.analysis.words import ANY, AlignedText, count_words, form_of, left_out, signals_of

SIGNALS = ("visual", "temporal", "entropy")


def shown(words):
    return [(word.text, word.start, word.end, word.signals) for word in words]


def test_a_word_is_selected_when_any_token_over_it_is(record):
    tokens = [" The", " tri", "angle", " doesn", "'t", " move", ".", "<|im_end|>"]
    aligned = AlignedText(record(0, "q", tokens, visual=[1, 6, 7], temporal=[2, 4], entropy=[3]))
    assert shown(aligned.words()) == [
        ("The", 1, 4, ()),
        ("triangle", 5, 13, ("visual", "temporal")),
        ("doesn't", 14, 21, ("temporal", "entropy")),
        ("move", 22, 26, ()),
    ]
    assert aligned.selected_by(26, 27) == ("visual",)


@pytest.mark.parametrize(
    ("tokens", "texts"),
    [
        (["<", "think", ">", "\n", "It", "'s"], ["It's"]),
        (["</think", ">\n<ans", "wer>", "(B", ")", "</answer>"], ["B"]),
        (["a <", " b and c> d"], ["a", "b", "and", "c", "d"]),
        (["3", ".", "14", ", 1", ",000."], ["3.14", "1,000"]),
        (["'red' dogs", "' well-known"], ["red", "dogs", "well", "known"]),
        (["红色", "方块 re", "d"], ["红色", "方块", "red"]),
        (["पहली बार"], ["पहली", "बार"]),
        ([" caf", "\ufffd", "\ufffd", " \ufffd"], ["caf\ufffd\ufffd"]),
        (["", "a", ""], ["a"]),
        ([], []),
    ],
)
def test_what_is_a_word(record, tokens, texts):
    aligned = AlignedText(record(0, "q", tokens))
    assert [word.text for word in aligned.words()] == texts
    assert len(aligned.prose) == len(aligned.text)


def test_an_empty_token_covers_nothing(record):
    aligned = AlignedText(record(0, "q", ["a", "", "b"], visual=[1]))
    assert shown(aligned.words()) == [("ab", 0, 2, ())]


def test_equal_words_share_a_form():
    assert {form_of(text) for text in ("Don't", "don\u2019t", "DON'T")} == {"don't"}
    assert form_of("cafe\u0301") == form_of("Café")


def test_a_signal_counts_the_completions_that_had_it(record):
    video = record(0, "q", ["Red", " cross"], visual=[0], temporal=[1])
    image = record(0, "q", ["Red", " cross"], entropy=[1], temporal_score=None, temporal_selected=[False, False])
    reused = record(0, "q", ["Red"], visual=[0], visual_score=None, temporal_score=None, entropy_selected=None)
    assert [signals_of(each) for each in (video, image, reused)] == [SIGNALS, ("visual", "entropy"), ("visual",)]
    counts = count_words([video, image, reused])
    assert (counts["visual"].selected, counts["visual"].rest) == ({"red": 2}, {"red": 1, "cross": 2})
    assert (counts["temporal"].selected, counts["temporal"].rest) == ({"cross": 1}, {"red": 1})
    assert (counts["entropy"].selected, counts["entropy"].rest) == ({"cross": 1}, {"red": 2, "cross": 1})
    assert (counts[ANY].selected, counts[ANY].rest) == ({"red": 2, "cross": 2}, {"red": 1})
    assert count_words([]) == {}


def test_what_is_left_out_is_said():
    assert "the 3 recorded completions" in left_out(5, 3)
    assert "2 others" in left_out(5, 3)


@given(st.lists(st.tuples(st.text(max_size=5) | st.sampled_from(["<think>", "'s", " 红", "\ufffd"]), st.booleans())))
def test_spans_are_those_of_the_joined_tokens(pairs):
    tokens, chosen = [token for token, _ in pairs], [one for _, one in pairs]
    off = {f"{name}_{part}": None for name in SIGNALS for part in ("score", "selected")}
    aligned = AlignedText({"tokens": tokens, **off, "visual_score": [0.0] * len(tokens), "visual_selected": chosen})
    assert aligned.text == "".join(tokens)
    assert [aligned.text[a:b] for a, b in zip(aligned.starts, aligned.ends, strict=True)] == tokens
    painted = [one for token, one in pairs for _ in token]
    reached = 0
    for word in aligned.words():
        assert reached <= word.start < word.end <= len(aligned.text)
        assert word.text == aligned.text[word.start : word.end]
        assert word.signals == (("visual",) if any(painted[word.start : word.end]) else ())
        reached = word.end
