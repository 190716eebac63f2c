import dataclasses

import numpy as np
import pytest

from video_ktr.attribution import KeyTokenConfig
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.errors import ConfigError, DataError, MediaError
from video_ktr.evaluation.answer_settings import AnswerSettings
from video_ktr.evaluation.answering import Answerer
from video_ktr.toyworld.model import build_checkpoint

MEDIA = MediaConfig(min_pixels=784, max_pixels=3136, max_frames=8)
QUESTION = ("what moves ?", ["circle", "square"])


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return build_checkpoint(tmp_path_factory.mktemp("checkpoint"), seed=0)


@pytest.fixture(scope="module")
def clip(checkpoint):
    frames_FHWC = np.random.default_rng(0).integers(0, 256, (12, 56, 56, 3), dtype=np.uint8)
    write_video(frames_FHWC, checkpoint / "clip.mp4", fps=4)
    return checkpoint / "clip.mp4"


def load(checkpoint, **settings):
    return Answerer.load(str(checkpoint), **{"media": MEDIA, "max_new_tokens": 24, "temperature": 1.0, **settings})


@pytest.fixture(scope="module")
def answerer(checkpoint):
    return load(checkpoint)


def comparable(answer):
    return dataclasses.replace(answer, seconds=0.0)


def test_a_reply_and_what_it_was_given_to(answerer, clip, checkpoint):
    answer = answerer.answer(clip, *QUESTION)
    assert (answer.question, answer.options) == ("what moves ?", ("A. circle", "B. square"))
    assert (answer.problem_type, answer.model) == ("multiple choice", str(checkpoint))
    assert (answer.media.kind, answer.media.frames, answer.media.seconds) == ("video", 6, 3.0)
    assert 1 <= answer.num_tokens <= 24
    assert answer.truncated == (answer.num_tokens == 24)
    assert answer.seconds > 0
    assert answer.tokens is None


def test_streamed_pieces_put_together_are_the_reply(answerer, clip):
    heard = []
    answer = answerer.answer(clip, *QUESTION, on_text=heard.append)
    streamed = list(answerer.stream(clip, *QUESTION))
    assert len(heard) > 3
    assert "".join(heard) == answer.output
    assert streamed == heard


def test_a_stream_may_be_left_and_another_asked_for(answerer, clip):
    texts = answerer.stream(clip, *QUESTION)
    first = next(texts)
    texts.close()
    assert next(answerer.stream(clip, *QUESTION)) == first


def test_equal_questions_get_equal_replies_and_the_seed_another(answerer, clip):
    answer = answerer.answer(clip, *QUESTION)
    assert comparable(answerer.answer(clip, *QUESTION)) == comparable(answer)
    other = dataclasses.replace(answerer, seed=1)
    assert other.answer(clip, *QUESTION).output != answer.output


def test_the_video_is_looked_at(checkpoint, clip):
    answerer = load(checkpoint, temperature=0.0)
    with_video, text = answerer.answer(clip, "what ?", explain=True), answerer.answer(None, "what ?", explain=True)
    assert text.media.kind == "text"
    assert max(token.visual for token in with_video.tokens) > 0
    assert all(token.visual is None for token in text.tokens)


def test_an_explanation_covers_the_whole_reply_and_changes_nothing_else(answerer, clip):
    plain, explained = answerer.answer(clip, *QUESTION), answerer.answer(clip, *QUESTION, explain=True)
    assert len(explained.tokens) == explained.num_tokens
    assert "".join(token.text for token in explained.tokens) == explained.output
    # A share of 20 %, rounded up, by each signal.
    least = -(-explained.num_tokens // 5)
    for name in ("visual", "temporal", "entropy"):
        assert sum(name in token.key for token in explained.tokens) == pytest.approx(least, abs=1)
    assert comparable(dataclasses.replace(explained, tokens=None)) == comparable(plain)


def test_key_tokens_are_chosen_as_the_settings_say(checkpoint, clip):
    settings = AnswerSettings(model=str(checkpoint), media=MEDIA, max_new_tokens=8)
    only = KeyTokenConfig(visual_ratio=1.0, temporal_ratio=None, entropy_ratio=None)
    answer = Answerer.of(settings, PROMPT_TEMPLATES["plain"], only).answer(clip, "what ?", explain=True)
    assert {token.key for token in answer.tokens} == {("visual",)}
    with pytest.raises(ConfigError, match="replace"):
        Answerer.of(settings, PROMPT_TEMPLATES["plain"], KeyTokenConfig(visual_perturbation="replace"))


def test_mistakes_are_told(answerer, checkpoint, clip, tmp_path):
    with pytest.raises(MediaError, match="no such file"):
        answerer.stream(tmp_path / "none.mp4", "what ?")
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(MediaError, match=r"broken\.mp4"):
        list(answerer.stream(tmp_path / "broken.mp4", "what ?"))
    with pytest.raises(ConfigError, match="takes no options"):
        answerer.answer(clip, *QUESTION, problem_type="OCR")
    with pytest.raises(DataError, match="max_prompt_tokens=20"):
        load(checkpoint, max_prompt_tokens=20).answer(clip, "what ?")
    with pytest.raises(ConfigError, match="prompt template 'none' is unknown"):
        Answerer.load(str(checkpoint), template="none")
