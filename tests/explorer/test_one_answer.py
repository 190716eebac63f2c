import dataclasses
import math

import numpy as np
import pytest
import torch
from PIL import Image

from video_ktr.attribution import KeyTokenConfig
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.errors import ConfigError, MediaError
from video_ktr.evaluation.answering import Answerer
from video_ktr.evaluation.own_question import question_sample
from video_ktr.explorer.one_answer import explore_answer, explore_drawn
from video_ktr.explorer.page import write_page
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


@pytest.fixture(scope="module")
def answerer(checkpoint):
    return Answerer.load(str(checkpoint), template="plain", media=MEDIA, max_new_tokens=20, temperature=1.0)


@pytest.fixture(scope="module")
def answer(answerer, clip):
    return answerer.answer(clip, *QUESTION, explain=True)


@pytest.fixture(scope="module")
def page(answerer, clip):
    return explore_answer(answerer, clip, *QUESTION)


@pytest.fixture(scope="module")
def reply(page):
    (prompt,) = page.prompts
    (completion,) = prompt.completions
    return completion


def test_the_reply_and_its_scores_are_those_of_answer(answer, reply):
    ends = "" if answer.truncated else "<|im_end|>"
    assert "".join(reply.tokens) == answer.output + ends
    assert reply.visual_scores == [token.visual for token in answer.tokens]
    assert reply.temporal_scores == [token.temporal for token in answer.tokens]
    assert reply.entropy_scores == [token.entropy for token in answer.tokens]
    assert reply.facts["tokens"] == str(answer.num_tokens)


def test_scores_are_the_shifts_between_the_shown_log_probabilities(reply):
    for scores, others in (
        (reply.visual_scores, reply.visual_log_probs),
        (reply.temporal_scores, reply.temporal_log_probs),
    ):
        shifts = [abs(true - other) for true, other in zip(reply.log_probs, others, strict=True)]
        assert scores == pytest.approx(shifts, abs=1.1e-5)
        assert max(scores) > 0


def test_alternatives_agree_with_the_log_probabilities(answerer, clip, reply):
    """With the whole vocabulary named, the drawn token is among them with the probabilities of the passes."""
    page = explore_answer(answerer, clip, *QUESTION, alternatives=1000)
    (everything,) = page.prompts[0].completions
    size = len(answerer.tokenizer)
    for name in ("visual", "temporal"):
        few, all_lists = getattr(reply, f"{name}_alternatives"), getattr(everything, f"{name}_alternatives")
        others = getattr(reply, f"{name}_log_probs")
        found = 0
        for text, five, alternatives, true, other in zip(
            reply.tokens, few, all_lists, reply.log_probs, others, strict=True
        ):
            assert (len(five), len(alternatives)) == (5, size)
            assert [each.text for each in five] == [each.text for each in alternatives[:5]]
            shifts = [abs(each.probability - each.other_probability) for each in alternatives]
            assert shifts == sorted(shifts, reverse=True)
            assert sum(each.probability for each in alternatives) == pytest.approx(1, abs=1e-4)
            same = [each for each in alternatives if each.text == text]
            if len(same) == 1:
                found += 1
                assert same[0].probability == pytest.approx(math.exp(true), rel=1e-3)
                assert same[0].other_probability == pytest.approx(math.exp(other), rel=1e-3)
        assert found > 5


def test_frames_carry_the_slots_that_were_dropped(page, reply):
    (prompt,) = page.prompts
    assert [frame.slot for frame in prompt.frames] == [0, 0, 1, 1, 2, 2]
    assert (prompt.media, prompt.question) == ("clip.mp4", "what moves ?\nA. circle\nB. square")
    scores_TS = torch.tensor(reply.frame_scores)
    assert scores_TS.shape == (len(reply.tokens), 3)
    assert (scores_TS.abs() > 1e-5).any(0).all()


def test_the_page_says_how_it_was_made(page, checkpoint):
    assert page.ratios == {"visual": 0.2, "temporal": 0.2, "entropy": 0.2}
    assert page.scope == "sequence"
    assert page.facts == {
        "model": "/".join(checkpoint.parts[-2:]),
        "temperature": "1",
        "seed": "0",
        "without video": "zero",
        "other order": "shuffle, by frame",
        "shift": "log_prob",
    }


def test_it_can_be_written(page, tmp_path):
    text = write_page(tmp_path / "page.html", page).read_text()
    assert "what moves ?" in text
    assert text.count("/9j/") == 6  # how a JPEG begins in base64


def test_a_signal_that_is_off_has_nothing_to_show(checkpoint, clip):
    config = KeyTokenConfig(temporal_ratio=None, signed=True, scope="group")
    greedy = dataclasses.replace(Answerer.load(str(checkpoint), media=MEDIA, max_new_tokens=4), key_tokens=config)
    page = explore_answer(greedy, clip, "what ?", alternatives=2)
    (completion,) = page.prompts[0].completions
    assert page.ratios == {"visual": 0.2, "entropy": 0.2}
    assert page.scope == "group"
    assert completion.temporal_scores is None
    assert completion.temporal_log_probs is None
    assert completion.temporal_alternatives is None
    assert [len(alternatives) for alternatives in completion.visual_alternatives] == [2] * 4
    shifts = np.subtract(completion.log_probs, completion.visual_log_probs)
    np.testing.assert_allclose(completion.visual_scores, shifts, atol=1.1e-5)


def test_an_image_has_one_slot_and_text_none(answerer, tmp_path):
    Image.effect_noise((56, 56), 90).convert("RGB").save(tmp_path / "noise.png")
    (image,) = explore_answer(answerer, tmp_path / "noise.png", "what ?").prompts
    (completion,) = image.completions
    assert [(frame.slot, frame.seconds) for frame in image.frames] == [(0, None)]
    assert completion.temporal_scores is None
    # All that the image shows is that slot: dropping it is hiding the image.
    shifts = [abs(row[0]) for row in completion.frame_scores]
    assert shifts == pytest.approx(completion.visual_scores, abs=2e-5)
    (text,) = explore_answer(answerer, None, "what ?").prompts
    (completion,) = text.completions
    assert (text.frames, text.media) == ([], "")
    assert completion.frame_scores is None
    assert completion.visual_scores is None
    assert len(completion.entropy_scores) == len(completion.tokens)


def test_a_reply_in_hand_needs_no_second_one(answerer, clip, page):
    sample, heard = question_sample(clip, *QUESTION), []
    drawn = answerer.draw(sample, heard.append)
    assert "".join(heard) == drawn.answer.output
    again = explore_drawn(answerer, sample, drawn)
    assert again.prompts[0].completions[0].frame_scores == page.prompts[0].completions[0].frame_scores


def test_mistakes_are_told(answerer, clip, tmp_path):
    with pytest.raises(ConfigError, match="alternatives is -1"):
        explore_answer(answerer, clip, "what ?", alternatives=-1)
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(MediaError, match=r"broken\.mp4"):
        explore_answer(answerer, tmp_path / "broken.mp4", "what ?")
