"""Questions ordered so that prompts of like length share a batch: a batch is as long as its longest prompt."""

from collections.abc import Sequence
from pathlib import Path

import av
from PIL import Image

from video_ktr.data.containers import open_video
from video_ktr.data.frames import MediaConfig, frame_indices
from video_ktr.data.schema import IMAGE_SUFFIXES
from video_ktr.data.time_limit import Deadline
from video_ktr.errors import MediaError
from video_ktr.evaluation.benchmarks.question import Question

_TOKEN_PIXELS = 28 * 28
_TEXT_PER_TOKEN = 4
_UNKNOWN = 0.0


def by_length(questions: Sequence[Question], media: MediaConfig, window: int) -> list[Question]:
    """The questions, those of each stretch of `window` sorted by the estimated length of their prompts.

    Within stretches, so that a run is a fair sample of the whole at any time and its rate tells when it ends. Equal
    estimates stay in order: what is estimated decides who shares a batch, never what is answered.
    """
    sizes: dict[str, float] = {}
    for question in questions:
        path = question.sample.path
        if path is not None and path not in sizes:
            sizes[path] = media_tokens(Path(path), media)

    def length(question: Question) -> float:
        sample = question.sample
        letters = len(sample.problem) + sum(map(len, sample.options))
        return letters / _TEXT_PER_TOKEN + (sizes[sample.path] if sample.path is not None else 0)

    stretches = [questions[first : first + window] for first in range(0, len(questions), window)]
    return [question for stretch in stretches for question in sorted(stretch, key=length)]


def media_tokens(path: Path, media: MediaConfig) -> float:
    """Estimate the tokens of a video or an image from its header; 0 for what tells nothing of its size."""
    try:
        if path.suffix.lower() in IMAGE_SUFFIXES:
            with Image.open(path) as image:
                return _area(*image.size, media.image_min_pixels, media.image_max_pixels) / _TOKEN_PIXELS
        return _video_tokens(path, media) if path.is_file() else _UNKNOWN
    except (MediaError, OSError, Image.DecompressionBombError):
        # Asked all the same: what is wrong with it is told there.
        return _UNKNOWN


def _video_tokens(path: Path, media: MediaConfig) -> float:
    with open_video(path, Deadline(path, media.time_limit_seconds)) as (container, stream):
        seconds = (container.duration or 0) / av.time_base
        total = stream.frames or round(seconds * float(stream.average_rate or media.fps))
        frames = len(frame_indices(max(total, 1), seconds, media))
        return frames / 2 * _area(stream.width, stream.height, media.min_pixels, media.max_pixels) / _TOKEN_PIXELS


def _area(width: int, height: int, least: int, most: int) -> float:
    return min(max(width * height, least), most)
