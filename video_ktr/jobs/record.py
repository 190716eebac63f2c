"""What became of one piece of work, as it stands in the ledger."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Record:
    """Base of records; a subclass adds fields that JSON can hold, all with defaults, and tuples in place of lists."""

    key: str
    """Names the piece of work; unique within a run."""

    def to_json(self) -> dict[str, Any]:
        """The record as plain values, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """The record that `to_json` wrote. Raises TypeError for fields that are not its own."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in record.items()
        }
        return cls(**values)
