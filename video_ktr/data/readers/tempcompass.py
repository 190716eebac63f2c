"""TempCompass: multiple-choice questions as the set itself publishes them, options inside the question."""

import re
from collections.abc import Iterator
from typing import Any

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import Record, answer_among, needed
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample

_FOLDERS = ("videos", "tempcompass_videos/videos", "tempcompass_videos")
_OPTION = re.compile(r"([A-Z])[.)]\s*\S.*")


def questions_of(video_id: str, dimensions: Any) -> Iterator[tuple[str, Any]]:
    """Flatten ``{dimension: [{question, answer}]}`` of one video into records as in the set's Parquet files.

    Gives (``video/dimension/number``, record); what has not this shape comes out as it is.
    """
    if not isinstance(dimensions, dict):
        yield video_id, dimensions
        return
    for dimension, questions in dimensions.items():
        if not isinstance(questions, list):
            yield f"{video_id}/{dimension}", questions
            continue
        for number, question in enumerate(questions):
            about = {"video_id": video_id, "dim": dimension}
            yield f"{video_id}/{dimension}/{number}", about | question if isinstance(question, dict) else question


def read(record: Record, index: str, media: MediaRoots) -> Sample:
    """Read one question: the lettered lines at its end become the options, the answer's line its letter.

    The questions of the three other tasks (yes/no, caption matching, captioning) have no lettered lines: they raise
    RecordError, as does a missing field or an answer that is none of the options.
    """
    problem, options = _split_question(needed(record, "question"))
    answer = needed(record, "answer").strip()
    video = needed(record, "video_id")
    # The answer repeats its option's line; a bare letter is taken too.
    letter = answer if len(answer) == 1 else answer[0] if answer in options else answer
    return Sample(
        problem_id=index,
        problem=problem,
        problem_type="multiple choice",
        solution=answer_among(letter, options),
        options=options,
        data_type="video",
        path=str(media.resolve_first([f"{folder}/{video}.mp4" for folder in _FOLDERS])),
        original_question_type=needed(record, "dim"),
        data_source="TempCompass",
    )


def _split_question(question: str) -> tuple[str, tuple[str, ...]]:
    lines = question.strip().split("\n")
    first = len(lines)
    while first > 0 and _OPTION.fullmatch(lines[first - 1].strip()):
        first -= 1
    if first in {0, len(lines)}:
        raise RecordError(
            "bad options", "the question does not end with lines such as 'A. cup'; only multi-choice is read"
        )
    return "\n".join(lines[:first]), tuple(line.strip() for line in lines[first:])
