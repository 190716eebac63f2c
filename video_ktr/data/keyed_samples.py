"""Questions with a name of their own, under which what the model makes of them is seeded and recorded."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from video_ktr.data.schema import Sample


@dataclass(frozen=True, kw_only=True)
class KeyedSample:
    """One question of those that a run asks."""

    key: str
    """Unique within the run."""
    sample: Sample

    def to_json(self) -> dict[str, Any]:
        """The question as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """The question that `to_json` wrote."""
        sample = record["sample"]
        return cls(**{**record, "sample": Sample(**{**sample, "options": tuple(sample["options"])})})


def keyed(samples: Sequence[Sample], roots: Sequence[Path]) -> list[KeyedSample]:
    """The samples with keys that are digests of their content and their places in the file.

    A media file counts by its path below the media roots, so that moved media change no key. A record that stands
    in the file twice has two keys, and is asked twice.
    """
    return [KeyedSample(key=_key(index, sample, roots), sample=sample) for index, sample in enumerate(samples)]


def digest_of(questions: Sequence[KeyedSample]) -> str:
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
