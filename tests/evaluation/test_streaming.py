import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.evaluation.streaming import TextStreamer, TokenTexts, iterate_texts, token_texts
from video_ktr.toyworld.processor import build_tokenizer

TOKENIZER = build_tokenizer()


def ids_of(text):
    return TOKENIZER(text)["input_ids"]


@given(st.lists(st.integers(0, len(TOKENIZER) - 1), max_size=30))
def test_any_tokens_put_together_are_the_decoded_whole(token_ids):
    texts = token_texts(TOKENIZER, token_ids)
    assert len(texts) == len(token_ids)
    assert "".join(texts) == TOKENIZER.decode(token_ids, skip_special_tokens=True)


@given(st.text(max_size=20))
def test_any_text_comes_back(text):
    assert "".join(token_texts(TOKENIZER, ids_of(text))) == TOKENIZER.decode(ids_of(text), skip_special_tokens=True)


def test_a_character_comes_whole_with_its_last_token():
    texts = TokenTexts(TOKENIZER)
    assert [texts.push(token_id) for token_id in ids_of("é€")] == ["", "é", "", "", "€"]
    assert texts.finish() == ""


def test_the_streamer_leaves_out_the_prompt_and_special_tokens():
    heard = []
    streamer = TextStreamer(TOKENIZER, heard.append)
    streamer.put(torch.tensor([ids_of(" red circle")]))
    for token_id in [*ids_of(" red é"), TOKENIZER.eos_token_id, ids_of("é")[0]]:
        streamer.put(torch.tensor([token_id]))
    streamer.end()
    assert heard == [" red", " ", "é", "\ufffd"]


def test_texts_come_in_order_and_before_the_end():
    goes_on = threading.Event()

    def generate(tell):
        tell("a")
        assert goes_on.wait(30)
        tell("b")

    texts = iterate_texts(generate)
    assert next(texts) == "a"
    goes_on.set()
    assert list(texts) == ["b"]


def test_a_failure_is_raised_behind_the_texts_it_gave():
    def generate(tell):
        tell("a")
        raise ValueError("broke")

    texts = iterate_texts(generate)
    assert next(texts) == "a"
    with pytest.raises(ValueError, match="broke"):
        next(texts)


def test_closing_early_ends_the_generation():
    told, ended = [], []
    closed = threading.Event()

    def generate(tell):
        try:
            tell("a")
            assert closed.wait(30)
            while len(told) < 1000:
                tell("b")
                told.append("b")
        finally:
            ended.append(True)

    texts = iterate_texts(generate)
    assert next(texts) == "a"
    threading.Timer(0.1, closed.set).start()
    texts.close()
    assert ended == [True]
    assert told == []
