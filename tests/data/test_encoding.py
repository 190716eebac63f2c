import numpy as np
import pytest
import torch
from PIL import Image

from video_ktr.data.encoding import PromptEncoder, clean_message, content_parts
from video_ktr.data.frame_cache import FrameCache
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.errors import DataError
from video_ktr.toyworld.processor import build_processor

SIZES = {"min_pixels": 784, "max_pixels": 3136, "image_min_pixels": 784, "image_max_pixels": 3136}


@pytest.fixture(scope="module")
def processor():
    return build_processor()


def encoder(processor, **settings):
    limit = settings.pop("max_prompt_tokens", None)
    return PromptEncoder(processor, MediaConfig(**SIZES, **settings), max_prompt_tokens=limit)


def frames(count, side=56):
    return np.random.default_rng(count).integers(0, 255, (count, side, side, 3), dtype=np.uint8)


def question(*parts):
    return [{"role": "user", "content": [{"type": "text", "text": "what shape ?"}, *parts]}]


def test_a_video_takes_a_token_for_every_four_patches(processor):
    prompt = encoder(processor, max_frames=8).encode(question({"type": "video", "video": frames(8)}))
    assert prompt.video_grid.tolist() == [[4, 4, 4]]
    assert prompt.video_patches_KD.shape == (64, 3 * 2 * 14 * 14)
    assert int((prompt.mm_types_P == 2).sum()) == 16
    assert (prompt.num_frames, prompt.num_videos, prompt.has_visuals) == ((8,), 1, True)


def test_an_image_and_a_video_keep_their_kinds(processor):
    image = Image.fromarray(frames(1)[0])
    prompt = encoder(processor).encode(
        question({"type": "image", "image": image}, {"type": "video", "video": frames(4)})
    )
    kinds = prompt.mm_types_P.tolist()
    assert kinds.index(1) < kinds.index(2)
    assert (prompt.image_grid.tolist(), prompt.video_grid.tolist()) == ([[1, 4, 4]], [[2, 4, 4]])


def test_text_alone(processor):
    prompt = encoder(processor).encode([{"role": "user", "content": "what shape ?"}])
    assert not prompt.has_visuals
    assert prompt.num_videos == 0
    assert not prompt.mm_types_P.any()


def test_frames_are_sampled_by_us_alone(processor):
    # 16 frames, 4 wanted: first and last stay, and the processor takes none away.
    shown = frames(16)
    four = encoder(processor, max_frames=4, min_frames=4).encode(question({"type": "video", "video": shown}))
    by_hand = encoder(processor, max_frames=4, min_frames=4).encode(
        question({"type": "video", "video": shown[[0, 5, 10, 15]]})
    )
    assert torch.equal(four.video_patches_KD, by_hand.video_patches_KD)


@pytest.mark.parametrize(("setting", "fps", "expected"), [(1.0, 4.0, 1.0), (2.5, 2.0, 2.5), (None, 4.0, 0.5)])
def test_seconds_of_a_slot(processor, setting, fps, expected):
    # A slot is two frames: at 4 frames a second it lasts half a second, unless the setting says otherwise.
    prompt = encoder(processor, slot_seconds=setting, fps=fps).encode(question({"type": "video", "video": frames(4)}))
    assert prompt.slot_seconds == (expected,)


def test_prompts_over_the_limit_are_refused(processor):
    with pytest.raises(DataError, match="max_prompt_tokens=20"):
        encoder(processor, max_prompt_tokens=20).encode(question({"type": "video", "video": frames(8)}))


def test_arrow_leaves_none_in_parts_of_other_kinds():
    message = {"role": "user", "content": [{"type": "text", "text": "a", "video": None}]}
    assert clean_message(message)["content"] == [{"type": "text", "text": "a"}]
    assert message["content"][0]["video"] is None


def test_a_part_without_its_media_is_refused():
    with pytest.raises(DataError, match="'video'"):
        list(content_parts([{"role": "user", "content": [{"type": "video"}]}], "video"))


def test_moving_keeps_everything(processor):
    prompt = encoder(processor).encode(question({"type": "video", "video": frames(4)}))
    moved = prompt.to("cpu")
    assert torch.equal(moved.video_patches_KD, prompt.video_patches_KD)
    assert moved.slot_seconds == prompt.slot_seconds


@pytest.mark.parametrize(
    "part", [{"type": "video_url", "video_url": {"url": "a.mp4"}}, {"type": "audio"}, {"text": "a"}]
)
def test_content_that_would_be_skipped_in_silence_is_refused(processor, part):
    with pytest.raises(DataError, match="use one of text, image, video"):
        encoder(processor).encode(question(part))


def test_prompts_are_the_same_with_a_frame_cache(processor, tmp_path):
    write_video(frames(8), tmp_path / "a.mp4", 2.0)
    messages = question({"type": "video", "video": str(tmp_path / "a.mp4")})
    cache = FrameCache(tmp_path / "cache")
    plain = encoder(processor).encode(messages)
    for _ in range(2):
        kept = PromptEncoder(processor, MediaConfig(**SIZES), frame_cache=cache).encode(messages)
        assert torch.equal(kept.video_patches_KD, plain.video_patches_KD)
        assert kept.slot_seconds == plain.slot_seconds
    assert len(list(cache.entries.path.glob("*.safetensors"))) == 1
