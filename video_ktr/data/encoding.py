"""From chat messages with media in them to the tensors a Qwen-VL model reads.

Letters: P prompt tokens, K patches, D values of one patch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from video_ktr.data.frame_cache import FrameCache
from video_ktr.data.media import MediaConfig, VideoFrames, load_image, load_video
from video_ktr.errors import DataError

Messages = Sequence[dict[str, Any]]
PART_TYPES = ("text", "image", "video")


@dataclass(frozen=True, eq=False)
class EncodedPrompt:
    """One prompt, tokenized, with its images and videos as patches. Held once per prompt, whatever the group size.

    Example:
        A question about one video of 16 frames of 224 x 420 pixels: `video_grid` is [[8, 16, 30]],
        `video_patches` has shape (3840, 1176), and the prompt holds 3840 / 4 = 960 visual tokens.
    """

    input_ids_P: Tensor
    mm_types_P: Tensor
    """0 text, 1 image, 2 video."""
    image_patches_KD: Tensor | None = None
    image_grid: Tensor | None = None
    """(images, 3): slots, rows and columns of patches, before the merger."""
    video_patches_KD: Tensor | None = None
    video_grid: Tensor | None = None
    """(videos, 3), likewise."""
    slot_seconds: tuple[float, ...] = ()
    """Seconds from one temporal slot to the next, per video."""
    num_frames: tuple[int, ...] = ()
    """True frames per video: the processor repeats the last frame of an odd number."""

    @property
    def num_videos(self) -> int:
        """How many videos the prompt holds."""
        return len(self.num_frames)

    @property
    def has_visuals(self) -> bool:
        """Whether the prompt holds an image or a video."""
        return self.image_grid is not None or self.video_grid is not None

    def to(self, device: torch.device | str) -> "EncodedPrompt":
        """The same prompt with every tensor on `device`."""
        moved: dict[str, Any] = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **moved)


class PromptEncoder:
    """Decodes a prompt's media and runs the processor on it, once.

    The chat template renders the text, `MediaConfig` decides frames and pixels, and the processor's own sampling is
    switched off: a frame is dropped or resized by exactly one set of numbers.

    Args:
        processor: A Qwen2-VL or Qwen2.5-VL processor.
        media: Frame and pixel limits.
        max_prompt_tokens: Longest prompt accepted; None for no limit. A longer one is refused, since cutting it
            would cut visual tokens away from their features.
        template_kwargs: Further arguments of the chat template.
        frame_cache: Keeps decoded videos on disk; None decodes a video every time. The result is the same.
    """

    def __init__(
        self,
        processor: Any,
        media: MediaConfig,
        *,
        max_prompt_tokens: int | None = None,
        template_kwargs: dict[str, Any] | None = None,
        frame_cache: FrameCache | None = None,
    ):
        self.processor = processor
        self.media = media
        self.template_kwargs = template_kwargs or {}
        self.max_prompt_tokens = max_prompt_tokens
        self.frame_cache = frame_cache

    def encode(self, messages: Messages) -> EncodedPrompt:
        """Encode one conversation, ready for the assistant's turn.

        Raises:
            MediaError: An image or a video cannot be read.
            DataError: The prompt is longer than `max_prompt_tokens`, or a message has a part that is neither text
                nor image nor video.
        """
        messages = [clean_message(message) for message in messages]
        require_known_parts(messages)
        load = load_video if self.frame_cache is None else self.frame_cache.load_video
        videos = [load(part["video"], self.media) for part in content_parts(messages, "video")]
        images = [load_image(part["image"], self.media) for part in content_parts(messages, "image")]
        text = self.processor.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, **self.template_kwargs
        )
        features = self._run_processor(text, videos, images)
        input_ids_P = features["input_ids"][0]
        if self.max_prompt_tokens is not None and len(input_ids_P) > self.max_prompt_tokens:
            raise DataError(
                f"a prompt has {len(input_ids_P)} tokens, more than max_prompt_tokens={self.max_prompt_tokens}: "
                "lower max_frames or max_pixels, or raise the limit"
            )
        return EncodedPrompt(
            input_ids_P=input_ids_P,
            mm_types_P=features["mm_token_type_ids"][0],
            image_patches_KD=features.get("pixel_values"),
            image_grid=features.get("image_grid_thw"),
            video_patches_KD=features.get("pixel_values_videos"),
            video_grid=features.get("video_grid_thw"),
            slot_seconds=tuple(self._slot_seconds(video) for video in videos),
            num_frames=tuple(video.num_frames for video in videos),
        )

    def _slot_seconds(self, video: VideoFrames) -> float:
        if self.media.slot_seconds is not None:
            return self.media.slot_seconds
        return float(self.processor.video_processor.temporal_patch_size / video.fps)

    def _run_processor(self, text: str, videos: list[VideoFrames], images: list[Tensor]) -> dict[str, Tensor]:
        arguments: dict[str, Any] = {"text": [text], "return_tensors": "pt"}
        if videos:
            arguments["videos"] = [video.frames_FCHW for video in videos]
            arguments["videos_kwargs"] = {
                # Without metadata the processor assumes 24 frames per second and warns; the time axis we tell the
                # model comes from `slot_seconds`, never from here.
                "video_metadata": [
                    {"total_num_frames": v.num_frames, "fps": v.fps, "frames_indices": list(range(v.num_frames))}
                    for v in videos
                ],
                "do_sample_frames": False,
                "cap_pixels_per_frame": False,
                "size": {"shortest_edge": self.media.min_pixels, "longest_edge": self.media.max_pixels},
            }
        if images:
            arguments["images"] = images
            arguments["images_kwargs"] = {
                "size": {"shortest_edge": self.media.image_min_pixels, "longest_edge": self.media.image_max_pixels}
            }
        return dict(self.processor(**arguments))


def clean_message(message: dict[str, Any]) -> dict[str, Any]:
    """A message without the None entries that Arrow adds to content parts of unlike kinds."""
    content = message["content"]
    if not isinstance(content, list):
        return message
    return {**message, "content": [{k: v for k, v in part.items() if v is not None} for part in content]}


def require_known_parts(messages: Messages) -> None:
    """Refuse content that templates skip in silence ("video_url", "audio"): the model would not be shown it.

    Raises:
        DataError: A part has no type, or one other than text, image and video.
    """
    for message in messages:
        for part in message["content"] if isinstance(message["content"], list) else []:
            if part.get("type") not in PART_TYPES:
                raise DataError(f"a message part has type {part.get('type')!r}: use one of {', '.join(PART_TYPES)}")


def content_parts(messages: Messages, kind: str) -> Iterator[dict[str, Any]]:
    """The content parts of type `kind` ("video", "image", "text"), in order.

    Raises:
        DataError: A part names a type but carries nothing under that key.
    """
    for message in messages:
        if isinstance(message["content"], str):
            continue
        for part in message["content"]:
            if part["type"] == kind:
                if part.get(kind) is None:
                    raise DataError(f"a message part of type {kind!r} has no {kind!r}: give a path or the frames")
                yield part
