"""One training set drawn from several files of questions."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from video_ktr.data.duplicates import Duplicates
from video_ktr.data.leaks import EvaluationSet
from video_ktr.data.media_hash import MediaHashes
from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import Sample
from video_ktr.data.sources import Source
from video_ktr.errors import DataError

OnLeak = Literal["report", "drop", "stop"]


@dataclass(kw_only=True)
class Drawn:
    """What became of one source."""

    source: Source
    rows_read: int
    rejects: Rejects
    duplicates: Duplicates
    """Met over all sources before it and in it; the counts below are this source's own."""
    duplicates_removed: int = 0
    duplicates_with_other_answer: int = 0
    leaks_removed: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def taken(self) -> dict[str, int]:
        """Rows taken, by data type."""
        return dict(sorted(Counter(sample.data_type for sample in self.samples).items()))


@dataclass(frozen=True, kw_only=True)
class Mix:
    """The rows in their final order, and the account of how they were chosen."""

    samples: list[Sample]
    sources: list[Drawn]
    evaluation_sets: list[EvaluationSet]
    seed: int
    on_leak: OnLeak


def build_mix(
    sources: Sequence[Source],
    evaluation_sets: Sequence[EvaluationSet],
    hashes: MediaHashes,
    *,
    seed: int,
    on_leak: OnLeak,
) -> Mix:
    """Take rows from each source in turn and shuffle them.

    A source with `take` is gone through in an order drawn from the seed and its name, others in the order of the file,
    until enough rows are found. A row is passed over when the same question about the same media was met before
    (`Duplicates`), and with `on_leak` "drop" when an evaluation set holds it (`EvaluationSet`). Records that cannot be
    used are counted as rejects. An id that was given before gets the source's name in front, then a number behind.
    Equal sources and seed give equal rows in equal order.

    Raises DataError when a source cannot be read or nothing is left of all of them, and with `on_leak` "stop" when any
    row is a leak.
    """
    duplicates = Duplicates(hashes)
    drawn = [_draw(source, duplicates, evaluation_sets, seed, on_leak) for source in sources]
    leaked = [each for each in evaluation_sets if each.leaked_rows]
    if leaked and on_leak == "stop":
        counts = ", ".join(f"{each.leaked_rows} in {each.source.name}" for each in leaked)
        first = leaked[0].examples[0]
        raise DataError(
            f"rows of the evaluation sets are in the sources: {counts}, the first is the question {first[0]} "
            f"({first[1]}); set on_leak to drop, or to report to keep them"
        )
    samples = list(_with_own_ids(drawn))
    if not samples:
        raise DataError(f"no row is left of {', '.join(source.file for source in sources)}; see the counts of rejects")
    random.Random(seed).shuffle(samples)  # noqa: S311  # an order, not a secret
    return Mix(samples=samples, sources=drawn, evaluation_sets=list(evaluation_sets), seed=seed, on_leak=on_leak)


def _draw(
    source: Source, duplicates: Duplicates, evaluation_sets: Sequence[EvaluationSet], seed: int, on_leak: OnLeak
) -> Drawn:
    rejects = Rejects()
    rows = list(source.read(rejects))
    drawn = Drawn(source=source, rows_read=len(rows), rejects=rejects, duplicates=duplicates)
    before = duplicates.removed, duplicates.with_other_answer
    if source.take is not None:
        # Its own generator: another source in the list does not change this one's rows.
        random.Random(f"{seed} {source.name}").shuffle(rows)  # noqa: S311
    room = _Room(source.take)
    for sample in rows:
        if room.is_full:
            break
        if not room.has(sample) or not duplicates.is_new(sample):
            continue
        leaked_from = [each for each in evaluation_sets if each.count(sample)]
        if leaked_from and on_leak == "drop":
            drawn.leaks_removed += 1
            continue
        room.fill(sample)
        drawn.samples.append(sample)
    drawn.duplicates_removed = duplicates.removed - before[0]
    drawn.duplicates_with_other_answer = duplicates.with_other_answer - before[1]
    return drawn


class _Room:
    """How many rows may still be taken."""

    def __init__(self, take: int | Mapping[str, int] | None):
        self.left = None if take is None else dict(take) if isinstance(take, Mapping) else {"": take}
        self.by_type = isinstance(take, Mapping)

    @property
    def is_full(self) -> bool:
        return self.left is not None and not any(self.left.values())

    def has(self, sample: Sample) -> bool:
        return self.left is None or self.left.get(self._key(sample), 0) > 0

    def fill(self, sample: Sample) -> None:
        if self.left is not None:
            self.left[self._key(sample)] -= 1

    def _key(self, sample: Sample) -> str:
        return sample.data_type if self.by_type else ""


def _with_own_ids(drawn: Sequence[Drawn]) -> Iterator[Sample]:
    taken: set[str] = set()
    for each in drawn:
        for sample in each.samples:
            wanted = name = sample.problem_id
            number = 1
            while name in taken:
                name = f"{each.source.name}-{wanted}" + (f"-{number}" if number > 1 else "")
                number += 1
            taken.add(name)
            yield sample if name == wanted else replace(sample, problem_id=name)
