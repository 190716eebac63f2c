from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny import IMAGE_TOKEN, VIDEO_TOKEN, VISION_END, VISION_START, random_prompt
from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.media import MediaConfig
from video_ktr.errors import DataError
from video_ktr.generation.patch_pixels import PatchLayout, frames_of, images_of, one_token_per_item, videos_of
from video_ktr.toyworld.processor import build_processor

PROCESSOR = build_processor()
VIDEO_LAYOUT = PatchLayout.of(PROCESSOR.video_processor)
IMAGE_LAYOUT = PatchLayout.of(PROCESSOR.image_processor)
MEDIA = MediaConfig(
    min_pixels=784, max_pixels=84 * 112, max_frames=8, frame_factor=1, image_min_pixels=784, image_max_pixels=84 * 112
)


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encode(*parts):
    content = [{"type": kind, kind: media} for kind, media in parts]
    return PromptEncoder(PROCESSOR, MEDIA).encode([{"role": "user", "content": content}])


@settings(max_examples=20)
@given(st.integers(1, 8), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_frames_that_need_no_resizing_come_back(count, rows, columns, seed):
    video = noise(seed, count, 28 * rows, 28 * columns, 3)
    prompt = encode(("video", video))
    (frames,) = videos_of(prompt, VIDEO_LAYOUT)
    assert np.array_equal(frames[: prompt.num_frames[0]], video[: prompt.num_frames[0]])
    assert len(frames) == 2 * -(-prompt.num_frames[0] // 2)  # whole slots, the last frame repeated
    assert np.array_equal(frames[-1], video[prompt.num_frames[0] - 1])


def test_a_resized_video_and_image_encode_to_the_same_patches_again():
    prompt = encode(
        ("video", noise(0, 4, 150, 201, 3)), ("image", noise(1, 99, 120, 3)), ("video", noise(2, 2, 56, 56, 3))
    )
    videos, images = videos_of(prompt, VIDEO_LAYOUT), images_of(prompt, IMAGE_LAYOUT)
    again = encode(("video", videos[0]), ("image", images[0]), ("video", videos[1]))
    torch.testing.assert_close(again.video_patches_KD, prompt.video_patches_KD, atol=0, rtol=0)
    torch.testing.assert_close(again.image_patches_KD, prompt.image_patches_KD, atol=0, rtol=0)
    assert torch.equal(again.input_ids_P, prompt.input_ids_P)


def test_patches_that_hold_no_8_bit_frames_are_refused():
    prompt = encode(("video", noise(0, 4, 56, 56, 3)))
    for layout in (replace(VIDEO_LAYOUT, mean=(0.5, 0.5, 0.5)), replace(VIDEO_LAYOUT, std=(0.3, 0.3, 0.3))):
        with pytest.raises(DataError, match="8-bit frames by this model's processor"):
            frames_of(prompt.video_patches_KD, prompt.video_grid[0], layout)
    with pytest.raises(DataError, match="in float32"):
        frames_of(prompt.video_patches_KD.bfloat16(), prompt.video_grid[0], VIDEO_LAYOUT)


def test_one_token_per_item_is_what_the_template_wrote():
    prompt = encode(("video", noise(0, 6, 84, 112, 3)), ("image", noise(1, 56, 84, 3)), ("text", "How many?"))
    text = "<|im_start|>user\n<|vision_start|><|video_pad|><|vision_end|><|vision_start|><|image_pad|><|vision_end|>"
    text += "How many?<|im_end|>\n<|im_start|>assistant\n"
    assert one_token_per_item(prompt, IMAGE_LAYOUT, VIDEO_LAYOUT) == PROCESSOR.tokenizer(text)["input_ids"]


def test_items_that_touch_stay_apart():
    prompt = random_prompt(torch.Generator().manual_seed(0), text=(1, 1), video=(2, 4, 4))
    ids_P = torch.tensor([50, *[VIDEO_TOKEN] * (8 + 4), 51])
    twins = replace(
        prompt,
        input_ids_P=ids_P,
        mm_types_P=torch.where(ids_P == VIDEO_TOKEN, 2, 0),
        video_grid=torch.tensor([[2, 4, 4], [1, 4, 4]]),
    )
    assert one_token_per_item(twins, IMAGE_LAYOUT, VIDEO_LAYOUT) == [50, VIDEO_TOKEN, VIDEO_TOKEN, 51]
    with pytest.raises(ValueError, match="run of 12 visual tokens"):
        one_token_per_item(replace(twins, video_grid=torch.tensor([[2, 4, 4]])), IMAGE_LAYOUT, VIDEO_LAYOUT)


def test_a_prompt_without_media_stays_as_it_is():
    prompt = random_prompt(torch.Generator().manual_seed(0), text=(5, 0))
    assert one_token_per_item(prompt, IMAGE_LAYOUT, VIDEO_LAYOUT) == prompt.input_ids_P.tolist()
    assert videos_of(prompt, VIDEO_LAYOUT) == images_of(prompt, IMAGE_LAYOUT) == []
    image = random_prompt(torch.Generator().manual_seed(0), text=(1, 1), image=(1, 4, 8))
    assert one_token_per_item(image, IMAGE_LAYOUT, VIDEO_LAYOUT)[1:4] == [VISION_START, IMAGE_TOKEN, VISION_END]
