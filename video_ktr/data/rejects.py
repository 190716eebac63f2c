"""Records that cannot be used: kept in one place with file, index and reason, so that none vanishes."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from video_ktr.errors import DataError


class RecordError(DataError):
    """One record cannot be used.

    `reason` is short and the same for every record with this fault, to be counted ("missing solution"); `detail` says
    what was wrong with this one and what to do.
    """

    def __init__(self, reason: str, detail: str):
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Reject:
    """One record that was left out: where it stands and why."""

    file: str
    index: int | str
    """The record's place in the file, counted from 0, or its name where the file names its records."""
    reason: str
    detail: str


class Rejects:
    """The records left out so far, in the order they were met."""

    def __init__(self) -> None:
        self._rejects: list[Reject] = []

    def __len__(self) -> int:
        return len(self._rejects)

    def __iter__(self) -> Iterator[Reject]:
        return iter(self._rejects)

    def add(self, reject: Reject) -> None:
        """Take one more."""
        self._rejects.append(reject)

    def counts(self) -> dict[str, int]:
        """How many records each reason left out, most first; equal counts in the order they were met."""
        return dict(Counter(reject.reason for reject in self._rejects).most_common())

    def summary(self) -> list[str]:
        """One line a reason, ``12 x missing solution (first: data.json record 3)``, in the order of `counts`."""
        first: dict[str, Reject] = {}
        for reject in self._rejects:
            first.setdefault(reject.reason, reject)
        return [
            f"{number} x {reason} (first: {first[reason].file} record {first[reason].index!r})"
            for reason, number in self.counts().items()
        ]

    def write(self, path: str | Path) -> None:
        """Write one JSON object a line with file, index, reason and detail; the file appears whole or not at all.

        Without any record left out the file is empty: it still says that the data were looked at.
        """
        target = Path(path)
        partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
        # ASCII: a detail may quote half a surrogate pair, which UTF-8 cannot hold.
        partial.write_text("".join(json.dumps(asdict(reject)) + "\n" for reject in self._rejects), encoding="ascii")
        os.replace(partial, target)
