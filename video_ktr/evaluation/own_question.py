"""A question of one's own about a video, an image or a folder of frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import cast

import av

from video_ktr.data.containers import check_file, open_video
from video_ktr.data.encoding import EncodedPrompt
from video_ktr.data.image_folder import frame_files
from video_ktr.data.option_checks import lettered_texts, option_problem
from video_ktr.data.sample import IMAGE_SUFFIXES, PROBLEM_TYPES, DataType, ProblemType, Sample
from video_ktr.data.time_limit import Deadline
from video_ktr.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ShownMedia:
    """What the model was shown."""

    kind: DataType
    path: str | None
    frames: int
    """1 for an image, 0 for text alone."""
    seconds: float | None
    """Length of the video as its file states it; None where it states none, for frames in a folder and for an image."""


def question_sample(
    video: str | Path | None, question: str, options: Sequence[str] = (), problem_type: str | None = None
) -> Sample:
    """The question as the prompt takes it; it has no solution.

    Options that are not lettered A, B, C in order ("A. cup", "A) cup", "A cup") are lettered here: "cup" becomes
    "A. cup". The type is multiple choice where there are options, else free-form, unless it is given.

    Args:
        video: A video, an image (by suffix) or a folder of frames; None for a question of text alone.
        problem_type: One of `PROBLEM_TYPES`.

    Raises:
        ConfigError: The question is empty, the type is unknown or takes no options, or the options are fewer than
            two, more than 26, empty or the same.
        MediaError: The file is missing or empty, or the folder holds no pictures.
    """
    if not question.strip():
        raise ConfigError("the question is empty: write what the model is to be asked")
    kind = problem_type or ("multiple choice" if options else "free-form")
    if kind not in PROBLEM_TYPES:
        raise ConfigError(f"problem type {kind!r} is unknown: use one of {', '.join(PROBLEM_TYPES)}")
    if options and kind != "multiple choice":
        raise ConfigError(f"a question of type {kind!r} takes no options: leave them out, or use 'multiple choice'")
    path = None if video is None else Path(video)
    sample = Sample(
        problem_id="0",
        problem=question,
        problem_type=cast("ProblemType", kind),
        solution="",
        options=_lettered(options),
        data_type=_data_type(path),
        path=None if path is None else str(path),
    )
    problem = option_problem(replace(sample, solution="A")) if options else None
    if problem is not None:
        raise ConfigError(f"options {', '.join(map(repr, options))}: {problem}; give two or more, each another")
    return sample


def shown_media(sample: Sample, prompt: EncodedPrompt, time_limit_seconds: float) -> ShownMedia:
    """What the prompt of `sample` holds; its video has been decoded before."""
    frames = sum(prompt.num_frames) + (0 if prompt.image_grid is None else len(prompt.image_grid))
    file = Path(sample.path) if sample.data_type == "video" and sample.path is not None else None
    seconds = _stated_seconds(file, time_limit_seconds) if file is not None and file.is_file() else None
    return ShownMedia(kind=sample.data_type, path=sample.path, frames=frames, seconds=seconds)


def _data_type(path: Path | None) -> DataType:
    if path is None:
        return "text"
    if path.is_dir():
        frame_files(path)
        return "video"
    check_file(path)
    return "image" if path.suffix.lower() in IMAGE_SUFFIXES else "video"


def _lettered(options: Sequence[str]) -> tuple[str, ...]:
    if len(options) > len(ascii_uppercase):
        raise ConfigError(f"{len(options)} options are given: letters end at {len(ascii_uppercase)}")
    if lettered_texts(options) is not None:
        return tuple(options)
    return tuple(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, options, strict=False))


def _stated_seconds(path: Path, time_limit_seconds: float) -> float | None:
    with open_video(path, Deadline(path, time_limit_seconds)) as (container, stream):
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return container.duration / av.time_base if container.duration else None
