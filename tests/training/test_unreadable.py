import numpy as np
import pytest
import torch

from tests.training.conftest import MEDIA
from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.media import MediaConfig
from video_ktr.errors import DataError
from video_ktr.toyworld.processor import build_processor
from video_ktr.training.unreadable import LenientEncoder, UnreadablePrompt

TEXT = {"type": "text", "text": "what shape ?"}


@pytest.fixture(scope="module")
def processor():
    return build_processor()


@pytest.fixture
def encoder(processor):
    return LenientEncoder(processor, MediaConfig(**MEDIA), max_prompt_tokens=200)


def message(*parts):
    return [{"role": "system", "content": "look"}, {"role": "user", "content": list(parts)}]


def test_what_can_be_read_is_encoded_as_ever(encoder, processor, media_files):
    messages = message(TEXT, {"type": "video", "video": media_files[0]})
    prompt, expected = encoder.encode(messages), PromptEncoder(processor, MediaConfig(**MEDIA)).encode(messages)
    assert type(prompt) is type(expected)
    assert torch.equal(prompt.video_patches_KD, expected.video_patches_KD)


def test_what_cannot_is_its_text_and_says_why(encoder, processor, media_files):
    parts = [{"type": "image", "image": media_files[5]}, TEXT, {"type": "video", "video": "/nowhere/missing.mp4"}]
    prompt = encoder.encode(message(*parts))
    assert isinstance(prompt, UnreadablePrompt)
    assert prompt.file == "/nowhere/missing.mp4"
    assert prompt.error.startswith("/nowhere/missing.mp4: no such file")
    assert not prompt.has_visuals
    alone = PromptEncoder(processor, MediaConfig(**MEDIA)).encode(message(TEXT))
    assert torch.equal(prompt.input_ids_P, alone.input_ids_P)
    assert isinstance(prompt.to("cpu"), UnreadablePrompt)


@pytest.mark.parametrize(
    ("video", "file"),
    [
        ({"bytes": None, "path": "/nowhere/a.mp4"}, "/nowhere/a.mp4"),
        (["/nowhere/1.png", "/nowhere/2.png"], "/nowhere/1.png"),
        (np.zeros((2, 56, 56, 3), np.float32), None),
        ([], None),
    ],
    ids=["dict", "list of paths", "array", "empty"],
)
def test_the_file_at_fault_is_named(encoder, video, file):
    prompt = encoder.encode(message({"type": "video", "video": video}, TEXT))
    assert prompt.file == file
    assert prompt.error
    assert "\n" not in prompt.error


def test_a_prompt_of_media_alone_still_has_tokens(encoder):
    prompt = encoder.encode([{"role": "user", "content": [{"type": "video", "video": "/nowhere/missing.mp4"}]}])
    assert len(prompt.input_ids_P) > 0


@pytest.mark.parametrize("part", [{"type": "audio"}, {"type": "video"}, {**TEXT, "text": "look " * 300}])
def test_other_mistakes_are_raised(encoder, part):
    with pytest.raises(DataError):
        encoder.encode(message(TEXT, part))
