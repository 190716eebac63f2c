"""Questions with a name of their own, under which their trials are seeded and recorded."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from video_ktr.data.sample import Sample


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of the file that is filtered."""

    key: str
    """Digest of the question's content and its place in the file."""
    sample: Sample

    def to_json(self) -> dict[str, Any]:
        """The question as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Question":
        """The question that `to_json` wrote."""
        sample = record["sample"]
        return cls(key=record["key"], sample=Sample(**{**sample, "options": tuple(sample["options"])}))


def keyed(samples: Sequence[Sample], roots: Sequence[Path]) -> list[Question]:
    """The samples with their keys.

    A media file counts by its path below the media roots, so that moved media change no key. A record that stands
    in the file twice has two keys, and is asked twice.
    """
    return [Question(key=_key(index, sample, roots), sample=sample) for index, sample in enumerate(samples)]


def digest_of(questions: Sequence[Question]) -> str:
    """One digest for all questions in their order."""
    return hashlib.sha256("".join(question.key for question in questions).encode()).hexdigest()[:32]


def _key(index: int, sample: Sample, roots: Sequence[Path]) -> str:
    content = [index, sample.problem_id, sample.problem_type, sample.problem, sample.options, sample.solution]
    text = json.dumps([*content, sample.data_type, below(sample.path, roots)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def below(path: str | None, roots: Sequence[Path]) -> str | None:
    """`path` relative to the first root that it lies below, with forward slashes; as it is when there is none."""
    root = next((root for root in roots if path is not None and Path(path).is_relative_to(root)), None)
    return path if path is None or root is None else Path(path).relative_to(root).as_posix()
