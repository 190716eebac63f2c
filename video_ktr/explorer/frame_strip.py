"""The frames that a model was shown, small enough for a page.

F frames, H height and W width in pixels, C colour channels (red, green, blue).
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from PIL import Image
from torch import Tensor

from video_ktr.data.media import MediaConfig, load_video
from video_ktr.data.sample import IMAGE_SUFFIXES
from video_ktr.explorer.page_data import Frame

MOST_HIGH = 160
"""Pixels. A wider frame than twice this is shrunk to that width."""
QUALITY = 80
"""Of the JPEG."""


def frame_strip(media: Iterable[str | Path], config: MediaConfig, *, frames_per_slot: int = 2) -> list[Frame]:
    """Decode videos, images and folders of frames as prompts do, and shrink the frames that are kept.

    The frames are chosen by the same rule and settings as for the model (`load_video`), so they are those it saw;
    their size is the page's.

    Args:
        media: Paths, in the order of the prompt.
        config: The settings the model was shown them with.
        frames_per_slot: Frames that the vision tower merges into a slot. Slots are counted through all media.

    Raises:
        MediaError: A file is missing or cannot be read.
    """
    frames: list[Frame] = []
    first_slot = 0
    for path in map(Path, media):
        video = load_video(path, config)
        timeless = path.suffix.lower() in IMAGE_SUFFIXES
        for place, (frame_CHW, seconds) in enumerate(zip(video.frames_FCHW, video.seconds, strict=True)):
            slot = first_slot + place // frames_per_slot
            frames.append(Frame(seconds=None if timeless else seconds, image=_jpeg(frame_CHW), slot=slot))
        first_slot = frames[-1].slot + 1
    return frames


def _jpeg(frame_CHW: Tensor) -> bytes:
    image = Image.fromarray(frame_CHW.movedim(0, -1).contiguous().numpy())
    image.thumbnail((2 * MOST_HIGH, MOST_HIGH))
    target = BytesIO()
    image.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()
