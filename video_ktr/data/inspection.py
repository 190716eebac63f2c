"""What a file of questions holds, counted in one pass."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from video_ktr.data.matching import digest, question_key
from video_ktr.data.option_checks import option_problem
from video_ktr.data.readers.formats import FORMATS, detect_format
from video_ktr.data.readers.rows import rows_of
from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import ReadOptions, Sample
from video_ktr.errors import DataError, MediaError

EXAMPLES = 5
"""Of each thing found, so many are named."""
_KINDS = ("problem_type", "data_type", "data_source", "original_question_type")
# Values beyond this many are counted together: MMVU's data sources are one address a row.
_MOST_VALUES = 1000
OTHER = "(others)"


@dataclass
class Found:
    """How often something was found, and the first few."""

    number: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        """Count one more."""
        self.number += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


class SampleStream(Protocol):
    """Gives samples one by one and puts the records that cannot be used into `rejects`."""

    def __call__(self, rejects: Rejects, /) -> Iterator[Sample]:
        """Start from the first record."""


class Inspection:
    """The counts of one pass over the samples of a file.

    Of each row no more than four digests of 16 bytes are kept (id, question with media, media file) however long it
    is; of values that name a kind, at most 1000 are told apart.
    """

    def __init__(self, *, decode: int = 0, seed: int = 0):
        """`decode` media files, drawn from `seed`, will be remembered in `drawn_media` for `decode_media`."""
        self.rows = 0
        self.with_process = 0
        self.rejects = Rejects()
        self.counts: dict[str, Counter[str]] = {kind: Counter() for kind in _KINDS}
        self.option_counts: Counter[int] = Counter()
        self.option_problems: dict[str, Found] = {}
        self.media_files = 0
        self.missing_media = Found()
        self.duplicate_ids = Found()
        self.duplicate_questions = Found()
        self.drawn_media: list[tuple[str, str]] = []
        self.unreadable_media: list[str] = []
        self._met: dict[str, set[bytes]] = {"id": set(), "question": set(), "media": set()}
        self._decode, self._random = decode, random.Random(seed)  # noqa: S311  # which files, not a secret

    def read(self, stream: SampleStream) -> None:
        """Count every sample of the stream. Raises what the stream raises, with the counts so far kept."""
        for sample in stream(self.rejects):
            self._count(sample)

    def decode_media(self) -> None:
        """Decode the files in `drawn_media` as training does; the errors go to `unreadable_media`."""
        if not self.drawn_media:
            return
        # The decoder and torch need more memory than the counts of a quarter of a million rows.
        from video_ktr.data.media import MediaConfig, load_image, load_video

        config = MediaConfig()
        for path, kind in self.drawn_media:
            try:
                if kind == "image":
                    load_image(path, config)
                else:
                    load_video(path, config)
            except MediaError as error:
                self.unreadable_media.append(str(error))

    def as_dict(self) -> dict[str, Any]:
        """All counts as plain values, for JSON."""
        return {
            "rows": self.rows,
            "rejects": self.rejects.counts(),
            "with_process": self.with_process,
            "counts": {kind: dict(counter.most_common()) for kind, counter in self.counts.items()},
            "options": {str(number): rows for number, rows in sorted(self.option_counts.items())},
            "option_problems": {name: vars(found) for name, found in sorted(self.option_problems.items())},
            "media_files": self.media_files,
            "missing_media": vars(self.missing_media),
            "duplicate_ids": vars(self.duplicate_ids),
            "duplicate_questions": vars(self.duplicate_questions),
            "decoded": {"tried": len(self.drawn_media), "unreadable": self.unreadable_media},
        }

    def _count(self, sample: Sample) -> None:
        self.rows += 1
        self.with_process += bool(sample.process)
        for kind, counter in self.counts.items():
            value = getattr(sample, kind) or "(none)"
            counter[value if value in counter or len(counter) < _MOST_VALUES else OTHER] += 1
        if sample.problem_type == "multiple choice":
            self.option_counts[len(sample.options)] += 1
        problem = option_problem(sample)
        if problem:
            self.option_problems.setdefault(problem, Found()).add(_words(sample))
        if not self._is_new("id", sample.problem_id):
            self.duplicate_ids.add(sample.problem_id)
        question = question_key(sample.problem) or sample.problem
        if not self._is_new("question", question, sample.path or ""):
            self.duplicate_questions.add(f"{sample.problem_id}: {_short(sample.problem)}")
        if sample.path is not None and self._is_new("media", sample.path):
            self._count_media(sample.path, sample.data_type)

    def _count_media(self, path: str, kind: str) -> None:
        self.media_files += 1
        if not os.path.exists(path):  # unlike Path.exists, False for a name that no file can have
            self.missing_media.add(path)
            return
        # Algorithm R: each file met so far is among the drawn ones with the same chance.
        place = self._random.randrange(self.media_files - self.missing_media.number)
        if len(self.drawn_media) < self._decode:
            self.drawn_media.append((path, kind))
        elif place < self._decode:
            self.drawn_media[place] = (path, kind)

    def _is_new(self, kind: str, *parts: str) -> bool:
        met, mark = self._met[kind], digest(*parts)
        before = len(met)
        met.add(mark)
        return len(met) > before


def format_of(source: str | Path, options: ReadOptions) -> str:
    """The name of the format that `iter_samples` reads `source` in. Raises DataError as it does."""
    if options.format is not None:
        return options.format
    first = list(islice(rows_of(source, split=options.split, subset=options.subset), 20))
    if not first:
        raise DataError(f"{source}: holds no records; give a file with at least one question")
    chosen = detect_format(first, str(source))
    return next(name for name, known in FORMATS.items() if known is chosen)


def _words(sample: Sample) -> str:
    return f"{sample.problem_id}: {_short(sample.solution)} of {_short(', '.join(sample.options)) or 'no options'}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
