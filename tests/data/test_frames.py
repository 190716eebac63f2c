import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.frames import MediaConfig, array_indices, frame_indices
from video_ktr.errors import ConfigError, MediaError


@pytest.mark.parametrize(
    ("total", "seconds", "expected"),
    [
        (1, 0.04, [0]),
        (2, 1.0, [0, 1]),
        (3, 1.5, [0, 2]),
        (4, 0.2, [0, 1, 2, 3]),
        (5, 2.5, [0, 1, 3, 4]),  # 0, 1.33, 2.67, 4
        (10, 1.0, [0, 3, 6, 9]),  # the minimum of 4 frames
        (75, 3.0, [0, 15, 30, 44, 59, 74]),  # 2 * 3 s; linspace step 14.8
        (30, 3.9, [0, 6, 12, 17, 23, 29]),  # 7.8 is floored to 6
        (300, 10.0, [0, 20, 40, 60, 80, 100, 120, 140, 159, 179, 199, 219, 239, 259, 279, 299]),
    ],
)
def test_the_rule_by_hand(total, seconds, expected):
    assert frame_indices(total, seconds, MediaConfig()) == expected


def test_no_frames_is_an_error():
    with pytest.raises(MediaError, match="no frames"):
        frame_indices(0, 1.0, MediaConfig())


@given(total=st.integers(1, 100_000), seconds=st.floats(0, 1e5))
def test_indices_rise_from_the_first_to_the_last_frame(total, seconds):
    indices = frame_indices(total, seconds, MediaConfig())
    assert indices == sorted(set(indices))
    assert indices[0] == 0
    assert indices[-1] == total - 1
    wanted = min(max(2 * seconds, 4), min(16, total) // 2 * 2, total)
    assert len(indices) == max(1, math.floor(wanted / 2) * 2)


def test_frames_in_memory_are_only_thinned_out():
    config = MediaConfig(fps=0.1)
    assert array_indices(1, config) == [0]
    assert array_indices(7, config) == [0, 1, 2, 4, 5, 6]  # 0, 1.2, 2.4, 3.6, 4.8, 6
    assert array_indices(8, config) == list(range(8))
    assert array_indices(31, config) == torch.linspace(0, 30, 16).round().long().tolist()


def test_another_frame_factor():
    config = MediaConfig(frame_factor=3, min_frames=4, max_frames=8)
    assert len(frame_indices(100, 0.1, config)) == 6
    assert frame_indices(2, 1.0, config) == [0, 1]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"fps": 0.0}, "fps is 0.0; it must be above 0"),
        ({"fps": math.nan}, "fps is nan"),
        ({"min_frames": 0}, "min_frames is 0"),
        ({"frame_factor": -2}, "frame_factor is -2"),
        ({"max_frames": 3}, "raise max_frames"),
        ({"min_frames": 5, "max_frames": 5}, "raise max_frames"),
        ({"max_pixels": 1000}, "min_pixels 100352 exceeds max_pixels 1000"),
        ({"image_min_pixels": 10**7}, "image_min_pixels 10000000 exceeds image_max_pixels 200704"),
        ({"slot_seconds": 0.0}, "slot_seconds is 0.0"),
        ({"time_limit_seconds": 0.0}, "time_limit_seconds is 0.0; it must be above 0"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(ConfigError) as caught:
        MediaConfig(**settings)
    assert words in str(caught.value)


def test_the_true_spacing_can_be_asked_for():
    assert MediaConfig(slot_seconds=None).slot_seconds is None
    assert MediaConfig().min_pixels == 100352


def released_limit(most_pixels, frames):
    """The released rule for the area of a frame; the least is 128 * 28 * 28, a video has 24576 * 28 * 28 at most."""
    return max(min(most_pixels, 24576 * 784 / frames * 2), int(1.05 * 128 * 784))


@pytest.mark.parametrize("frames", [16, 32, 64])
def test_presets_are_the_released_rule(frames):
    training, evaluation = MediaConfig.preset("training"), MediaConfig.preset(f"evaluation-{frames}")
    assert training == MediaConfig()
    assert training.max_pixels == released_limit(128 * 784, frames) == 105369
    assert evaluation.max_pixels == released_limit(256 * 784, frames) == 200704
    assert evaluation == MediaConfig(max_frames=frames, max_pixels=200704)


def test_a_preset_can_be_changed_in_parts():
    config = MediaConfig.preset("evaluation-32", max_frames=48, fps=1.0)
    assert (config.max_frames, config.fps, config.max_pixels) == (48, 1.0, 200704)


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(ConfigError, match="'evaluation'; use one of training, evaluation-16, "):
        MediaConfig.preset("evaluation")
