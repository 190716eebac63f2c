"""The formats of question records by name, and how one is told from its keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers import mmvu, tempcompass, video_holmes, video_r1
from video_ktr.data.readers.fields import Record
from video_ktr.data.readers.rows import Row
from video_ktr.data.schema import Sample
from video_ktr.errors import ConfigError, DataError


@dataclass(frozen=True)
class QuestionFormat:
    """One format: a record that has all `keys` is taken for it, `read` makes the sample or raises RecordError."""

    keys: frozenset[str]
    read: Callable[[Record, str, MediaRoots], Sample]


# In the order they are tried.
FORMATS: dict[str, QuestionFormat] = {
    "video-r1": QuestionFormat(frozenset({"problem"}), video_r1.read),
    "video-holmes": QuestionFormat(frozenset({"Question", "Options", "Answer"}), video_holmes.read),
    "tempcompass": QuestionFormat(frozenset({"video_id", "dim", "question", "answer"}), tempcompass.read),
    "mmvu": QuestionFormat(frozenset({"question", "choices", "answer"}), mmvu.read),
}


def find_format(name: str) -> QuestionFormat:
    """Look a format up by name. Raises ConfigError that lists the names when there is none."""
    if name not in FORMATS:
        raise ConfigError(f"format {name!r} is unknown; use one of {', '.join(FORMATS)}")
    return FORMATS[name]


def detect_format(rows: Sequence[Row], where: str) -> QuestionFormat:
    """The format of the first record that has all keys of one. Raises DataError when none has; it lists the formats."""
    for row in rows:
        for known in FORMATS.values():
            if isinstance(row.record, dict) and known.keys <= row.record.keys():
                return known
    wanted = "; ".join(f"{name} ({', '.join(sorted(known.keys))})" for name, known in FORMATS.items())
    raise DataError(
        f"{where}: the first records are of no known format: record {rows[0].index!r} is {_shape(rows[0].record)}; "
        f"expected a list of objects with the keys of {wanted}"
    )


def _shape(record: object) -> str:
    if not isinstance(record, dict):
        return f"a {type(record).__name__}"
    keys = ", ".join(repr(str(key)[:30]) for key in list(record)[:8])
    return f"an object with the keys {keys}" if keys else "an empty object"
