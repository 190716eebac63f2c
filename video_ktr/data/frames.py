"""Which frames of a video the model sees, and the record that holds them.

F frames, H height and W width in pixels, C colour channels (red, green, blue).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from video_ktr.errors import ConfigError, MediaError

# Qwen2.5-VL merges 2 x 2 patches of 14 x 14 pixels into one token.
_TOKEN_PIXELS = 28 * 28
_EVALUATION = {"max_pixels": 256 * _TOKEN_PIXELS}
_PRESETS: dict[str, dict[str, Any]] = {
    "training": {},
    "evaluation-16": {**_EVALUATION, "max_frames": 16},
    "evaluation-32": {**_EVALUATION, "max_frames": 32},
    "evaluation-64": {**_EVALUATION, "max_frames": 64},
}


@dataclass(frozen=True, kw_only=True)
class MediaConfig:
    """How media become model input; the defaults are the constants of the released training code.

    Raises ConfigError for values out of range or that clash.
    """

    fps: float = 2.0
    """Frames taken per second of video, before the limits below."""
    min_frames: int = 4
    """A video gives at least this many frames, as far as it has them."""
    max_frames: int = 16
    """A video gives at most this many frames."""
    frame_factor: int = 2
    """The number of frames is a multiple of this: the model merges frames in pairs."""
    min_pixels: int = 128 * _TOKEN_PIXELS
    """Smallest area of a video frame after resizing; smaller frames are enlarged."""
    max_pixels: int = 105369
    """Largest area of a video frame after resizing: 1.05 times `min_pixels`, the released code's effective limit."""
    image_min_pixels: int = 4 * _TOKEN_PIXELS
    image_max_pixels: int = 256 * _TOKEN_PIXELS
    slot_seconds: float | None = 1.0
    """Seconds between temporal slots told to the model. 1.0 is what the released training code tells it for every
    video; None tells the true spacing of the sampled frames."""
    time_limit_seconds: float = 60.0
    """A video file that takes longer to read and decode is refused. No part of what is computed."""

    @classmethod
    def preset(cls, name: str, **changes: Any) -> "MediaConfig":
        """The constants of the released code: "training", or "evaluation-16", "-32" and "-64" (the frames at most).

        The released rule limits the area of a frame of n frames to max(min(M, 2 * T / n), int(1.05 * m)), with
        M = VIDEO_MAX_PIXELS, m = VIDEO_MIN_PIXELS = 128 * 28 * 28 = 100352 and T the pixels of a whole video. T is so
        large (24576 * 28 * 28 pixels) that 2 * T / n exceeds M up to n = 192, so it never decides here. Training
        leaves M at 100352: the limit is int(1.05 * 100352) = 105369. The published evaluation sets
        M = 256 * 28 * 28 = 200704, above 105369: the limit is 200704, and m stays, so smaller frames are enlarged to
        100352 only. Images take at most 256 * 28 * 28 in both.

        `changes` replace single fields. Raises ConfigError for an unknown name and for values that clash.
        """
        if name not in _PRESETS:
            raise ConfigError(f"media: no preset is called {name!r}; use one of {', '.join(_PRESETS)}")
        return cls(**{**_PRESETS[name], **changes})

    def __post_init__(self) -> None:
        above_0 = ("fps", "min_frames", "max_frames", "frame_factor", "min_pixels", "image_min_pixels")
        for name in (*above_0, "time_limit_seconds"):
            # The negation also refuses NaN.
            if not getattr(self, name) > 0:
                raise ConfigError(f"media: {name} is {getattr(self, name)}; it must be above 0")
        if self.slot_seconds is not None and not self.slot_seconds > 0:
            raise ConfigError(f"media: slot_seconds is {self.slot_seconds}; it must be above 0, or null for the truth")
        if _floor(self.max_frames, self.frame_factor) < -(-self.min_frames // self.frame_factor) * self.frame_factor:
            raise ConfigError(
                f"media: no multiple of frame_factor {self.frame_factor} lies between min_frames {self.min_frames} "
                f"and max_frames {self.max_frames}; raise max_frames"
            )
        for low, high in (("min_pixels", "max_pixels"), ("image_min_pixels", "image_max_pixels")):
            least, most = getattr(self, low), getattr(self, high)
            if least > most:
                raise ConfigError(f"media: {low} {least} exceeds {high} {most}; lower one or raise the other")


@dataclass(frozen=True, eq=False)
class VideoFrames:
    """The sampled frames of one video, in order."""

    frames_FCHW: Tensor
    """uint8 RGB, shape (F, 3, H, W)."""
    fps: float
    """Frames per second of the SAMPLED frames: 16 frames over 10 seconds give 1.6. The mean, where it varies."""
    source: str
    """The file, or what was given in its place; for messages."""
    seconds: tuple[float, ...]
    """When each sampled frame is shown, counted from the video's first frame."""

    @property
    def num_frames(self) -> int:
        """F."""
        return self.frames_FCHW.shape[0]


def frame_indices(total: int, duration_seconds: float, config: MediaConfig) -> list[int]:
    """Choose the frames of a video of `total` frames, evenly spaced, first and last included, by the released rule.

    With factor f, and floor_f(x) the largest multiple of f below or at x: n = floor_f(min(max(fps * duration,
    min_frames), floor_f(min(max_frames, total)), total)), and the indices are round(linspace(0, total - 1, n)).
    A video of fewer than f frames, where the released code fails, gives all it has (one frame gives [0]).
    Raises MediaError for a video of no frames.
    """
    factor = config.frame_factor
    least = -(-config.min_frames // factor) * factor
    most = _floor(min(config.max_frames, total), factor)
    return _spread(total, _floor(min(max(config.fps * duration_seconds, least), most, total), factor))


def array_indices(total: int, config: MediaConfig) -> list[int]:
    """Thin out `total` frames that are sampled already: as `frame_indices`, without the frame rate."""
    return _spread(total, _floor(min(config.max_frames, total), config.frame_factor))


def _spread(total: int, count: int) -> list[int]:
    # round(linspace(0, total - 1, count)); every index when `count` is 0, i.e. below one multiple of the factor.
    if total < 1:
        raise MediaError("the video has no frames; remove it or replace the file")
    if count == 0:
        return list(range(total))
    # torch's own linspace and rounding (half to even), as the released code uses them.
    indices: list[int] = torch.linspace(0, total - 1, count).round().long().tolist()
    return indices


def _floor(value: float, factor: int) -> int:
    return int(value // factor) * factor
