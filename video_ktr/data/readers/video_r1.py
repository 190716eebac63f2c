"""Records of Video-R1's training and evaluation files, and of files of one's own."""

from pathlib import PurePosixPath
from typing import Any, cast

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import Record, lettered, media_name, needed, tagged, text
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import DATA_TYPES, IMAGE_SUFFIXES, PROBLEM_TYPES, DataType, ProblemType, Sample

MEDIA_KEYS = ("path", "video", "image")
# Folders of Video-R1's training media. 10,000 of its rows name no source, but their folder does.
_VIDEO_FOLDERS = frozenset({"CLEVRER", "LLaVA-Video-178K", "NeXT-QA", "PerceptionTest", "STAR"})
_IMAGE_FOLDERS = frozenset({"Chart", "General", "Knowledge", "Math", "OCR", "Spatial"})


def read(record: Record, index: str, media: MediaRoots) -> Sample:
    """Read one record of Video-R1's schema.

    The media file stands under ``path``, ``video`` or ``image``. Without ``data_type`` its kind follows from the
    suffix, and without ``problem_type`` a record with options is multiple choice; "frame" (a folder of frames) is a
    video. Options may be a list of lettered texts or a dict by letter. A ``process`` that ends with its reasoning, as
    in the file for fine-tuning, is completed with the solution. Raises RecordError when the record cannot be used.
    """
    problem, solution = needed(record, "problem"), needed(record, "solution")
    options = _options(record.get("options"))
    name = media_name(record, MEDIA_KEYS, media)
    return Sample(
        problem_id=text(record, "problem_id") or index,
        problem=problem,
        problem_type=_problem_type(record, options),
        solution=solution,
        options=options,
        data_type=_data_type(record, name),
        path=str(media.resolve(name)) if name else None,
        process=_process(text(record, "process"), solution),
        original_question_type=text(record, "original_question_type"),
        data_source=text(record, "data_source") or _source_of(name),
    )


def _options(value: Any) -> tuple[str, ...]:
    if value is None or isinstance(value, str | dict):
        return lettered(value, "options")
    if not isinstance(value, list) or any(not isinstance(item, str | int | float) for item in value):
        raise RecordError("bad options", "'options' must be a list of texts such as \"A. cup\", or empty")
    return tuple(text({"options": item}, "options") for item in value)


def _problem_type(record: Record, options: tuple[str, ...]) -> ProblemType:
    value = text(record, "problem_type") or ("multiple choice" if options else "")
    if value not in PROBLEM_TYPES:
        detail = f"problem_type {value[:40]!r} is unknown; use one of {', '.join(PROBLEM_TYPES)}"
        raise RecordError("unknown problem type" if value else "missing problem_type", detail)
    return cast("ProblemType", value)


def _data_type(record: Record, name: str) -> DataType:
    value = text(record, "data_type")
    if not value:
        suffix = PurePosixPath(name).suffix.lower()
        value = "text" if not name else "image" if suffix in IMAGE_SUFFIXES else "video"
    if value == "frame":
        value = "video"
    if value not in DATA_TYPES:
        detail = f"data_type {value[:40]!r} is unknown; use one of {', '.join(DATA_TYPES)}"
        raise RecordError("unknown data type", detail)
    if value != "text" and not name:
        raise RecordError("missing path", f"data_type is {value!r} but there is no 'path'; add the media file")
    return cast("DataType", value)


def _process(process: str, solution: str) -> str:
    if not process.rstrip().endswith("</think>"):
        return process
    answer = solution if "<answer>" in solution else tagged(solution)
    return f"{process.rstrip()}\n{answer}"


def _source_of(name: str) -> str:
    """``STAR`` of ``./STAR/a.mp4``, ``ArxivQA`` of ``./Knowledge/ArxivQA/images/b.jpg``, else ""."""
    folders = [part for part in PurePosixPath(name).parent.parts if part != "/"]
    if folders[:1] and folders[0] in _VIDEO_FOLDERS:
        return folders[0]
    return folders[1] if len(folders) > 1 and folders[0] in _IMAGE_FOLDERS else ""
