"""Files of questions read into `Sample` records, and written.

`iter_samples` streams any of the known formats (`video_ktr.data.readers.formats`) from JSON, JSONL, Parquet or
Hugging Face `datasets`; `read_samples` gives a list.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from pathlib import Path

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.formats import detect_format, find_format
from video_ktr.data.readers.rows import media_folder, record_of, rows_of
from video_ktr.data.rejects import RecordError, Reject, Rejects
from video_ktr.data.schema import DATA_TYPES, IMAGE_SUFFIXES, PROBLEM_TYPES, DataType, ProblemType, Sample
from video_ktr.errors import ConfigError, DataError

__all__ = [
    "DATA_TYPES",
    "IMAGE_SUFFIXES",
    "PROBLEM_TYPES",
    "DataType",
    "ProblemType",
    "ReadOptions",
    "Sample",
    "iter_samples",
    "read_samples",
    "write_samples",
]

# How many records are looked at to guess the format.
_LOOK_AT = 20


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How question files are read. Raises ConfigError for an unknown format and for an empty list of media roots."""

    media_root: str | Path | Sequence[str | Path] | None = None
    """Folder or folders of the media files; unless given, the file's own folder (for a hub id, the working folder)."""
    format: str | None = None
    """Name of the format; guessed from the keys of the first records unless given."""
    allow_outside_media: bool = False
    """Whether a record's path may lead outside the media roots."""
    split: str = "train"
    """Which split of a `datasets` folder or a hub id; a single file is read whole."""
    subset: str | None = None
    """Which configuration of a hub id that has several."""

    def __post_init__(self) -> None:
        if self.format is not None:
            find_format(self.format)
        if not isinstance(self.media_root, str) and isinstance(self.media_root, Sequence) and not self.media_root:
            raise ConfigError("media_root is an empty list; give at least one folder, or leave it out")

    def media_roots(self, source: str | Path) -> MediaRoots:
        """The folders in which the media of `source` may lie."""
        given = media_folder(source) if self.media_root is None else self.media_root
        roots = [given] if isinstance(given, str | Path) else given
        return MediaRoots(roots, allow_outside=self.allow_outside_media)


def iter_samples(
    source: str | Path, options: ReadOptions | None = None, *, rejects: Rejects | None = None
) -> Iterator[Sample]:
    """Stream the questions of `source`; memory does not grow with the file.

    `source` is a ``.json``, ``.jsonl`` or ``.parquet`` file, a folder of Parquet files or of ``save_to_disk``, or a
    hub id ``owner/name``. A missing value, None and "" mean the same; unknown keys are ignored; ids are kept as they
    are, equal ones too. Media files are looked for by the rules of `MediaRoots` but not opened. Media stored inside
    a Parquet file or a `datasets` row are written once to ``embedded/`` below the first media root, named by the hash
    of their content.

    A record that cannot be used goes to `rejects` and is left out; without `rejects` the first one raises DataError,
    naming file and record (counted from 0). DataError is also raised when the source is missing, is of no known
    format, holds no records, or breaks off: what follows a fault in the JSON itself cannot be read.
    """
    options = options or ReadOptions()
    media = options.media_roots(source)
    rows = rows_of(source, split=options.split, subset=options.subset)
    first = list(islice(rows, _LOOK_AT))
    if not first:
        raise DataError(f"{source}: holds no records; give a file with at least one question")
    chosen = find_format(options.format) if options.format else detect_format(first, str(source))
    for row in chain(first, rows):
        try:
            sample = chosen.read(record_of(row), str(row.index), media)
        except RecordError as error:
            if rejects is None:
                raise DataError(f"{source}: record {row.index!r}: {error.detail}") from error
            rejects.add(Reject(str(source), row.index, error.reason, error.detail))
            continue
        yield sample


def read_samples(
    source: str | Path,
    *,
    media_root: str | Path | Sequence[str | Path] | None = None,
    rejects: Rejects | None = None,
    allow_outside_media: bool = False,
    format: str | None = None,  # noqa: A002  # as the setting is called
    split: str = "train",
    subset: str | None = None,
) -> list[Sample]:
    """Read every question of `source` into a list; see `iter_samples` and `ReadOptions`."""
    options = ReadOptions(
        media_root=media_root, format=format, allow_outside_media=allow_outside_media, split=split, subset=subset
    )
    return list(iter_samples(source, options, rejects=rejects))


def write_samples(samples: Iterable[Sample], path: str | Path, *, media_root: str | Path | None = None) -> None:
    """Write one JSON object a line; `read_samples` gives the same samples back when their paths are absolute.

    With `media_root`, paths below it are written relative to it (with forward slashes), to be read with the same root.
    Absolute paths are read where they lie below a media root, or with ``allow_outside_media``. The file appears whole
    or not at all: it is written beside its place and then moved.
    """
    target = Path(path)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    with partial.open("w", encoding="utf-8") as handle:
        for sample in samples:
            record = asdict(sample if media_root is None else _relative(sample, Path(media_root)))
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")
    os.replace(partial, target)


def _relative(sample: Sample, root: Path) -> Sample:
    if sample.path is None or not (path := Path(sample.path).absolute()).is_relative_to(root.absolute()):
        return sample
    return replace(sample, path=path.relative_to(root.absolute()).as_posix())
