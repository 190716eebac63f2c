import numpy as np
import pytest
from PIL import Image

from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.data.prompts import PROMPT_TEMPLATES, build_messages
from video_ktr.errors import ConfigError, MediaError
from video_ktr.evaluation.own_question import ShownMedia, question_sample, shown_media
from video_ktr.toyworld.processor import build_processor

MEDIA = MediaConfig(min_pixels=784, max_pixels=3136, max_frames=8)


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """A video of 12 frames in 3 seconds, one of its frames as a picture, and a folder of four pictures."""
    folder = tmp_path_factory.mktemp("media")
    frames_FHWC = np.random.default_rng(0).integers(0, 256, (12, 56, 56, 3), dtype=np.uint8)
    write_video(frames_FHWC, folder / "clip.mp4", fps=4)
    (folder / "frames").mkdir()
    for number in range(4):
        Image.fromarray(frames_FHWC[number]).save(folder / "frames" / f"{number}.png")
    Image.fromarray(frames_FHWC[0]).save(folder / "one.PNG")
    (folder / "bare").mkdir()
    return folder


@pytest.mark.parametrize(
    ("options", "lettered"),
    [
        (["a cup", "a pen"], ("A. a cup", "B. a pen")),
        (["A. a cup", "B. a pen"], ("A. a cup", "B. a pen")),
        (["A) cup", "B) pen"], ("A) cup", "B) pen")),
        (["A red cup", "pen"], ("A. A red cup", "B. pen")),
        (["A", "B"], ("A", "B")),
    ],
)
def test_options_are_lettered_once(options, lettered):
    sample = question_sample(None, "which ?", options)
    assert sample.options == lettered
    assert sample.problem_type == "multiple choice"


def test_the_type_is_free_form_without_options_unless_it_is_given():
    assert question_sample(None, "why ?").problem_type == "free-form"
    assert question_sample(None, "how many ?", problem_type="numerical").problem_type == "numerical"
    assert question_sample(None, "A. x or B. y ?", problem_type="multiple choice").options == ()


@pytest.mark.parametrize(
    ("name", "kind", "frames", "seconds"),
    [("clip.mp4", "video", 6, 3.0), ("frames", "video", 4, None), ("one.PNG", "image", 1, None)],
)
def test_what_is_shown_is_told(media, name, kind, frames, seconds):
    sample = question_sample(media / name, "what ?")
    prompt = PromptEncoder(build_processor(), MEDIA).encode(build_messages(sample, PROMPT_TEMPLATES["plain"]))
    shown = shown_media(sample, prompt, time_limit_seconds=60)
    assert shown == ShownMedia(kind=kind, path=str(media / name), frames=frames, seconds=seconds)


def test_text_alone_shows_nothing():
    sample = question_sample(None, "what ?")
    prompt = PromptEncoder(build_processor(), MEDIA).encode(build_messages(sample, PROMPT_TEMPLATES["plain"]))
    assert shown_media(sample, prompt, 60) == ShownMedia(kind="text", path=None, frames=0, seconds=None)


@pytest.mark.parametrize(
    ("question", "options", "kind", "message"),
    [
        (" ", [], None, "the question is empty"),
        ("why ?", [], "riddle", "'riddle' is unknown: use one of multiple choice, numerical"),
        ("why ?", ["a", "b"], "free-form", "'free-form' takes no options"),
        ("why ?", ["a"], None, "fewer than two options"),
        ("why ?", ["a", "a"], None, "two options are the same"),
        ("why ?", ["a", ""], None, "empty option"),
        ("why ?", [str(n) for n in range(27)], None, "27 options are given"),
    ],
)
def test_a_question_that_cannot_be_asked_is_told(question, options, kind, message):
    with pytest.raises(ConfigError, match=message) as told:
        question_sample(None, question, options, kind)
    assert "\n" not in str(told.value)


def test_media_that_are_not_there_are_told(media):
    with pytest.raises(MediaError, match=r"none\.mp4: no such file"):
        question_sample(media / "none.mp4", "why ?")
    with pytest.raises(MediaError, match="holds no pictures"):
        question_sample(media / "bare", "why ?")
