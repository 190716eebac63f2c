"""What a finished cell leaves behind, as one file."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from video_ktr.errors import DataError
from video_ktr.jobs.whole_files import whole_file
from video_ktr.study.plan import CellKey

RESULT = "result.json"


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """One cell, or (arm "start") one start that was only evaluated."""

    arm: str
    start: str
    seed: int
    question_set: str
    """Names the held-out questions; cells of one name answered the same ones, in the same order."""
    types: tuple[str, ...]
    """Kind of each question."""
    scores: tuple[float, ...]
    """Score of the one sampled answer to each question."""
    format_share: float
    mean_length: float
    """Tokens a held-out answer."""
    curve_metric: str
    """The training metric that `curve` holds."""
    curve: tuple[tuple[float, float], ...]
    """(step, value)."""
    steps: int
    """Of training."""
    train_seconds: float
    evaluation_seconds: float
    tokens: float
    """Tokens of prompts and completions that the training saw."""
    settings: dict[str, Any]
    """`recipe`: as given to `train`; `resolved`: as the trainer ran with, defaults included."""
    environment: dict[str, Any]

    @property
    def key(self) -> CellKey:
        """Where in the grid it belongs."""
        return CellKey(arm=self.arm, start=self.start, seed=self.seed)

    @property
    def accuracy(self) -> float:
        """Mean score."""
        return sum(self.scores) / len(self.scores)

    @property
    def by_type(self) -> dict[str, float]:
        """Mean score of each kind of question, by name."""
        groups: dict[str, list[float]] = {}
        for kind, score in zip(self.types, self.scores, strict=True):
            groups.setdefault(kind, []).append(score)
        return {kind: sum(groups[kind]) / len(groups[kind]) for kind in sorted(groups)}

    @property
    def area(self) -> float | None:
        """Mean height of the training curve: its area by trapezia over the steps it spans. None without a point."""
        if len(self.curve) < 2:
            return self.curve[0][1] if self.curve else None
        pieces = zip(self.curve, self.curve[1:], strict=False)
        area = sum((right - left) * (low + high) / 2 for (left, low), (right, high) in pieces)
        return area / (self.curve[-1][0] - self.curve[0][0])

    def write(self, folder: Path) -> None:
        """Write the file, whole or not at all: it says that the cell is finished."""
        with whole_file(folder / RESULT) as partial:
            partial.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def read_result(folder: Path) -> CellResult | None:
    """The result in `folder`; None when the cell is not finished. Raises DataError for a file that is no result."""
    path = folder / RESULT
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        for name in ("types", "scores"):
            record[name] = tuple(record[name])
        record["curve"] = tuple((step, value) for step, value in record["curve"])
        return CellResult(**record)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is not the result of a cell ({error}); remove it to run the cell again") from error


def read_results(folders: Iterable[Path]) -> list[CellResult]:
    """The results that are there."""
    return [result for folder in folders if (result := read_result(folder)) is not None]
