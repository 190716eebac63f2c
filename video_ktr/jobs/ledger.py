"""The record of a run: what was done is written down for good before the next batch starts.

The file grows by one line of JSON a batch and is never rewritten. A batch is recorded whole or not at all, so that a
run that goes on after a kill forms the same batches as one that was never stopped.
"""

import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from video_ktr.errors import ConfigError, DataError
from video_ktr.jobs.record import Record

LEDGER = "ledger.jsonl"
Kind = TypeVar("Kind", bound=Record)


class Ledger(Generic[Kind]):
    """The records so far, open for more; a context manager.

    A last line that a kill cut short is taken off the file. While it is open no other process can open it; the lock
    goes with the process that holds it, however that ends.

    Args:
        path: The file, made where it is missing.
        kind: The class of the records.

    Raises:
        ConfigError: Another process has the file open.
        DataError: A line before the last holds no records of this kind.
    """

    def __init__(self, path: Path, kind: type[Kind]):
        self.path, self.kind = path, kind
        self.records: dict[str, Kind] = {}
        """By key. A later record of a key replaces an earlier one."""

    def __enter__(self) -> Self:
        self._file = self.path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise ConfigError(
                f"{self.path}: another process is writing to it; wait for it or choose another out"
            ) from error
        self._read()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, records: Sequence[Kind]) -> None:
        """Record one batch; it is on the disk when this returns."""
        line = json.dumps({"records": [record.to_json() for record in records]})
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._take(records)

    def _take(self, records: Sequence[Kind]) -> None:
        self.records.update((record.key, record) for record in records)

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                break
            self._take(self._parse(line, number))
            whole += len(line)
        self._file.truncate(whole)

    def _parse(self, line: bytes, number: int) -> list[Kind]:
        try:
            return [self.kind.from_json(record) for record in json.loads(line)["records"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{self.path}: line {number} is not a record of this kind of run ({error}); remove the line, and its "
                "questions are tried again"
            ) from error
