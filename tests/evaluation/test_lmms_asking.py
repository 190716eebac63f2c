import logging
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from video_ktr.errors import ConfigError
from video_ktr.evaluation.lmms_asking import Conversation, ConversationAsker
from video_ktr.evaluation.lmms_messages import to_lmms


@pytest.fixture(scope="module")
def conversing(asker, eval_config):
    return ConversationAsker.load(eval_config, engine=asker.engine, seed=eval_config.seed, batch_size=2)


@pytest.fixture(scope="module")
def conversations(asker, eval_questions):
    """The questions of the benchmark, worded as `evaluate` words them, each under its id."""
    worded = [(question.id, asker.wording.messages(asker.benchmark, question)) for question in eval_questions]
    return [Conversation(key=key, messages=lambda messages=messages: to_lmms(messages)) for key, messages in worded]


def shown(media):
    return Conversation(key="d", messages=lambda: [{"role": "user", "content": [media, {"type": "text", "text": "?"}]}])


def test_replies_are_those_of_evaluate(conversing, conversations, asker, eval_questions):
    answers = asker.run(asker.prepare(eval_questions))
    replies = list(conversing.replies(conversations))
    assert [(reply.text, reply.length) for reply in replies] == [(one.output, one.length) for one in answers]
    assert len({reply.text for reply in replies}) > 1


def test_a_reply_is_the_same_in_any_batch(conversing, conversations):
    one_by_one = replace(conversing, batch_size=1)
    backwards = list(one_by_one.replies(conversations[::-1]))
    assert backwards[::-1] == list(conversing.replies(conversations))


def test_images_in_memory_are_shown(conversing):
    pixels = np.random.default_rng(0).integers(0, 256, (56, 56, 3), dtype=np.uint8)
    (reply,) = conversing.replies([shown({"type": "image", "url": Image.fromarray(pixels)})])
    assert reply.length > 0


def test_what_cannot_be_shown_has_an_empty_reply_and_is_told(conversing, conversations, caplog):
    lost = shown({"type": "video", "url": "/none.mp4"})
    with caplog.at_level(logging.WARNING):
        replies = list(conversing.replies([conversations[0], lost, conversations[1]]))
    assert [reply.length > 0 for reply in replies] == [True, False, True]
    assert replies[1].text == ""
    assert "d: /none.mp4" in caplog.text
    assert "counts as wrong" in caplog.text


def test_when_nothing_can_be_shown_it_stops(conversing):
    lost = shown({"type": "audio", "url": "a.wav"})
    with pytest.raises(ConfigError, match=r"none of 2 requests could be asked, the last is d: .*'audio'"):
        list(conversing.replies([lost, lost]))


def test_no_requests_no_replies(conversing):
    assert list(conversing.replies([])) == []
