"""One question about one video or image, and the files that hold many of them.

The fields follow the JSON schema of Video-R1's training and evaluation files, so that those files are read as they
are; our own files are the same records, one JSON object a line.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from video_ktr.errors import DataError

ProblemType = Literal["multiple choice", "numerical", "regression", "OCR", "free-form"]
DataType = Literal["video", "image", "text"]

PROBLEM_TYPES: tuple[str, ...] = get_args(ProblemType)
DATA_TYPES: tuple[str, ...] = get_args(DataType)
# A .gif is a video here: it is decoded frame by frame.
_IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One question with its right answer.

    Example: ``Sample(problem_id="7", problem="What falls first?", problem_type="multiple choice",
    solution="<answer>B</answer>", options=("A. cup", "B. pen"), data_type="video", path="/data/clips/3.mp4")``.
    """

    problem_id: str
    """Unique in its file; a record without one gets its index."""
    problem: str
    """The question alone, without options or instructions."""
    problem_type: ProblemType
    """Decides the instruction in the prompt and how an answer is scored."""
    solution: str
    """The right answer, as ``<answer>B</answer>`` (a bare ``B`` is scored the same)."""
    options: tuple[str, ...] = ()
    """The choices, lettered already (``"A. cup"``); empty unless multiple choice."""
    data_type: DataType
    path: str | None
    """The video or image file; None for a text-only question."""
    process: str = ""
    """The whole completion to imitate in supervised fine-tuning, with its tags; empty when there is none."""
    original_question_type: str = ""
    """The kind of question in the source data set; results are broken down by it."""
    data_source: str = ""


def read_samples(path: str | Path, *, media_root: str | Path | None = None) -> list[Sample]:
    """Read every record of a ``.jsonl`` file or of a ``.json`` file that holds one list.

    A missing value, None and "" mean the same. The media file is looked for under ``path``, then ``video``, then
    ``image``; a relative one is joined to `media_root` (the file's own folder unless given). Some published files
    write paths relative to the data root with a leading slash: with an explicit `media_root`, an absolute path where
    no file exists is joined to it too. Without ``data_type`` the kind follows from the media file's suffix, and
    without ``problem_type`` a record with options is multiple choice. Unknown keys are ignored.

    Media files are not opened here. Raises DataError, naming file and record (counted from 0), when the file is
    missing, is not JSON or is empty, and when a record lacks a field it needs or holds a value of the wrong kind.
    """
    source = Path(path)
    records = _read_records(source)
    if not records:
        raise DataError(f"{source}: holds no records; give a file with at least one question")
    root = source.parent if media_root is None else Path(media_root)
    return [
        _sample_from(record, index, f"{source}: record {index}", root, rebase=media_root is not None)
        for index, record in enumerate(records)
    ]


def write_samples(samples: Sequence[Sample], path: str | Path) -> None:
    """Write one JSON object a line; `read_samples` gives the same samples back when their paths are absolute.

    The file appears whole or not at all: it is written beside its place and then moved.
    """
    target = Path(path)
    lines = [json.dumps(asdict(sample), ensure_ascii=False) + "\n" for sample in samples]
    partial = target.with_name(target.name + ".partial")
    partial.write_text("".join(lines), encoding="utf-8")
    os.replace(partial, target)


def _read_records(source: Path) -> list[Any]:
    if source.suffix not in {".json", ".jsonl"}:
        raise DataError(f"{source}: expected a .json or .jsonl file of questions")
    try:
        text = source.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"{source}: no such file; check the path of the question file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{source}: cannot be read as UTF-8 text ({error})") from error
    if source.suffix == ".jsonl":
        # Split at newlines only: str.splitlines would also cut at separators that may stand inside a JSON string.
        return [_parse_line(line, f"{source}: line {n}") for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    records = _parse_line(text, str(source)) if text.strip() else []
    if not isinstance(records, list):
        raise DataError(f"{source}: holds one {type(records).__name__}; expected a list of records")
    return records


def _parse_line(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{where}: not valid JSON ({error}); mend or remove it") from error


def _sample_from(record: Any, index: int, where: str, root: Path, *, rebase: bool) -> Sample:
    if not isinstance(record, dict):
        raise DataError(f"{where} is a {type(record).__name__}; expected an object with problem, solution and path")
    problem, solution = _text(record, "problem", where), _text(record, "solution", where)
    for key, value in (("problem", problem), ("solution", solution)):
        if not value.strip():
            raise DataError(f"{where} has no {key!r}; add it or remove the record")
    options = _options(record, where)
    media = next((text for key in ("path", "video", "image") if (text := _text(record, key, where))), "")
    return Sample(
        problem_id=_text(record, "problem_id", where) or str(index),
        problem=problem,
        problem_type=_problem_type(record, options, where),
        solution=solution,
        options=options,
        data_type=_data_type(record, media, where),
        path=_media_path(media, root, rebase=rebase) if media else None,
        process=_text(record, "process", where),
        original_question_type=_text(record, "original_question_type", where),
        data_source=_text(record, "data_source", where),
    )


def _text(record: dict[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DataError(f"{where}: {key!r} is a {type(value).__name__}; expected text")
    return str(value)


def _options(record: dict[str, Any], where: str) -> tuple[str, ...]:
    value = record.get("options")
    if value is None or value == "":
        return ()
    if not isinstance(value, list) or any(isinstance(item, list | dict) or item is None for item in value):
        raise DataError(f"{where}: 'options' must be a list of texts such as \"A. cup\", or empty")
    return tuple(str(item) for item in value)


def _problem_type(record: dict[str, Any], options: tuple[str, ...], where: str) -> ProblemType:
    value = _text(record, "problem_type", where) or ("multiple choice" if options else "")
    if value not in PROBLEM_TYPES:
        raise DataError(f"{where}: problem_type {value!r} is unknown; use one of {', '.join(PROBLEM_TYPES)}")
    return cast("ProblemType", value)


def _data_type(record: dict[str, Any], media: str, where: str) -> DataType:
    value = _text(record, "data_type", where)
    if not value:
        suffix = Path(media).suffix.lower()
        value = "text" if not media else "image" if suffix in _IMAGE_SUFFIXES else "video"
    if value not in DATA_TYPES:
        raise DataError(f"{where}: data_type {value!r} is unknown; use one of {', '.join(DATA_TYPES)}")
    if value != "text" and not media:
        raise DataError(f"{where}: data_type is {value!r} but there is no 'path'; add the media file")
    return cast("DataType", value)


def _media_path(media: str, root: Path, *, rebase: bool) -> str:
    path = Path(media)
    if path.is_absolute() and rebase and not path.exists():
        path = path.relative_to(path.anchor)
    return str(root / path)
