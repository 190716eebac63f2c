"""What is in a built training set, where it came from and what was left out, for programs and for people."""

import hashlib
import os
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from video_ktr import __version__
from video_ktr.data.leaks import MATCHES, EvaluationSet
from video_ktr.data.media_hash import file_sha256
from video_ktr.data.mix import Drawn, Mix
from video_ktr.data.option_checks import option_problem
from video_ktr.data.sample import Sample

_FIRST = 5


def card_of(mix: Mix, media_roots: Sequence[Path], questions: bytes) -> dict[str, Any]:
    """The data card as plain values; `questions` is the content of the file that it describes.

    It holds no date, so that equal inputs give equal cards.
    """
    missing = sorted({s.path for s in mix.samples if s.path is not None and not os.path.exists(s.path)})
    problems = Counter(problem for sample in mix.samples if (problem := option_problem(sample)))
    return {
        "rows": len(mix.samples),
        "media_files": len({sample.path for sample in mix.samples if sample.path is not None}),
        "sha256": hashlib.sha256(questions).hexdigest(),
        "media_root": [str(root) for root in media_roots],
        "seed": mix.seed,
        "on_leak": mix.on_leak,
        "counts": {
            "source": {drawn.source.name: len(drawn.samples) for drawn in mix.sources},
            **counts_of(mix.samples),
        },
        "option_problems": _ordered(problems),
        "missing_media": {"files": len(missing), "first": missing[:_FIRST]},
        "sources": [_source(drawn) for drawn in mix.sources],
        "evaluation_sets": [_evaluation_set(each) for each in mix.evaluation_sets],
        "versions": {
            "video-ktr": __version__,
            "python": platform.python_version(),
            "ijson": version("ijson"),
            "pyarrow": version("pyarrow"),
        },
    }


def counts_of(samples: Iterable[Sample]) -> dict[str, dict[str, int]]:
    """Rows by data source, problem type and data type, the most frequent first."""
    kinds: dict[str, Counter[str]] = {"data_source": Counter(), "problem_type": Counter(), "data_type": Counter()}
    for sample in samples:
        for name, counter in kinds.items():
            counter[getattr(sample, name) or "(none)"] += 1
    return {name: _ordered(counter) for name, counter in kinds.items()}


def input_sha256(source: str) -> str | None:
    """SHA-256 of a file, or over the names and hashes of all files in a folder; None for a name on the hub."""
    path = Path(source)
    if path.is_file():
        return file_sha256(path)
    if not path.is_dir():
        return None
    members = sorted(member for member in path.rglob("*") if member.is_file())
    lines = [f"{member.relative_to(path).as_posix()}\0{file_sha256(member)}\n" for member in members]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _source(drawn: Drawn) -> dict[str, Any]:
    source = drawn.source
    return {
        "name": source.name,
        "file": source.file,
        "sha256": input_sha256(source.file),
        "media_root": list(source.media_root),
        "format": source.format,
        "rows_read": drawn.rows_read,
        "rejects": drawn.rejects.counts(),
        "take": dict(source.take) if isinstance(source.take, Mapping) else source.take,
        "taken": drawn.taken,
        "duplicates_removed": drawn.duplicates_removed,
        "duplicates_with_other_answer": drawn.duplicates_with_other_answer,
        "leaks_removed": drawn.leaks_removed,
    }


def _evaluation_set(each: EvaluationSet) -> dict[str, Any]:
    return {
        "name": each.source.name,
        "file": each.source.file,
        "sha256": input_sha256(each.source.file),
        "rows": each.rows,
        "rejects": each.rejects.counts(),
        "media": each.media,
        "missing_media": each.missing_media,
        "matches": {kind: each.matches[kind] for kind in MATCHES},
        "leaked_rows": each.leaked_rows,
        "examples": [{"problem_id": name, "matches": kinds} for name, kinds in each.examples],
    }


def _ordered(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
