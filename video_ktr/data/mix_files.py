"""A built training set on disk: the questions in Video-R1's JSON schema, and their card.

folder/questions.json     written last: where it is, the rest is
folder/card.json          the data card for programs
folder/card.md            and for people
folder/rejects.jsonl      every record that could not be used, with file, index and reason
"""

import json
import os
from pathlib import Path
from typing import Any

from video_ktr.data.card_text import card_text
from video_ktr.data.data_card import card_of
from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.mix import Mix
from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import Sample
from video_ktr.errors import DataError

QUESTIONS, CARD, CARD_TEXT, REJECTS = "questions.json", "card.json", "card.md", "rejects.jsonl"


def write_mix(mix: Mix, folder: str | Path, *, media_root: str | Path | None = None) -> dict[str, Any]:
    """Write questions, card and rejects, and return the card.

    Media paths are written as ``"./Folder/name.mp4"``, relative to `media_root`, or without it each to the media root
    of its source. `read_samples` with the card's ``media_root`` gives the same samples back, which is looked at here;
    a missing file of one root is then looked for below the first.
    Each file appears whole or not at all: it is written beside its place and then moved.

    Raises DataError when the folder holds another set already, and when a medium would not be found again: it is below
    no root, or another root has another file of the same relative path.
    """
    target = Path(folder)
    given = [root for drawn in mix.sources for root in drawn.source.roots] if media_root is None else [media_root]
    roots = MediaRoots(list(dict.fromkeys(Path(root) for root in given)))
    questions = _json_bytes([_record(sample, roots) for sample in mix.samples])
    present = target / QUESTIONS
    if present.exists() and present.read_bytes() != questions:
        raise DataError(f"{present}: holds another set; give another folder with out, or remove it")
    card = card_of(mix, roots.roots, questions)
    target.mkdir(parents=True, exist_ok=True)
    _write(target / CARD, _json_bytes(card))
    _write(target / CARD_TEXT, card_text(card).encode("utf-8", "backslashreplace"))
    _rejects_of(mix).write(target / REJECTS)
    _write(present, questions)
    return card


def relative_path(path: str, roots: MediaRoots) -> str:
    """The path as Video-R1's files write it, ``"./Folder/name.mp4"``. Raises DataError when reading it would fail."""
    place = Path(os.path.abspath(path))
    below = next((root for root in roots.roots if place.is_relative_to(os.path.abspath(root))), None)
    if below is None:
        folders = ", ".join(map(str, roots.roots))
        raise DataError(f"{path}: is not below {folders}; set media_root to a folder that holds all media")
    relative = "./" + place.relative_to(os.path.abspath(below)).as_posix()
    found = roots.resolve(relative)
    if found.exists() and Path(os.path.abspath(found)) != place:
        raise DataError(f"{path}: {found} has the same path below its root; set media_root to a folder above both")
    return relative


def _rejects_of(mix: Mix) -> Rejects:
    together = Rejects()
    for rejects in [*(each.rejects for each in mix.sources), *(each.rejects for each in mix.evaluation_sets)]:
        for reject in rejects:
            together.add(reject)
    return together


def _record(sample: Sample, roots: MediaRoots) -> dict[str, Any]:
    number = sample.problem_id
    return {
        "problem_id": int(number) if number.isascii() and number.isdigit() and str(int(number)) == number else number,
        "problem": sample.problem,
        "data_type": sample.data_type,
        "problem_type": sample.problem_type,
        "original_question_type": sample.original_question_type,
        "options": list(sample.options),
        "process": sample.process,
        "solution": sample.solution,
        "path": "" if sample.path is None else relative_path(sample.path, roots),
        "data_source": sample.data_source,
    }


def _json_bytes(value: Any) -> bytes:
    # The name of a folder need not be text; what is none becomes its JSON escape.
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def _write(target: Path, content: bytes) -> None:
    partial = target.with_name(target.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, target)
