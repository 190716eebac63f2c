"""What a benchmark is: how its files are read, its groups, its expected size, and its own scoring rule."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal, get_args

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.rejects import RecordError, Reject, Rejects
from video_ktr.data.schema import Sample
from video_ktr.errors import DataError
from video_ktr.evaluation.benchmarks.question import UNKNOWN, Question
from video_ktr.evaluation.benchmarks.source_files import Place, first_record, is_video_r1, places, question_files
from video_ktr.evaluation.benchmarks.video_r1_file import read_sample
from video_ktr.evaluation.extraction import final_answer, lenient_choice
from video_ktr.rewards.answer import solution_answer

Mode = Literal["video_r1", "official"]
MODES: tuple[str, ...] = get_args(Mode)


class Benchmark(ABC):
    """One benchmark; a subclass declares it and reads one record of its official files.

    Questions come from the official layout, a file or a folder, or from one JSON file of Video-R1's schema; which it
    is follows from the keys of the first record.
    """

    name: str
    """Its key in the registry."""
    title: str
    """Its name in tables."""
    media: Literal["video", "image"] = "video"
    group_names: tuple[str, ...] = ()
    """Keys of `Question.groups` that get sub-scores."""
    expected: Mapping[str, int] = MappingProxyType({})
    """Number of questions: "all" of them, and of single values of the groups."""
    files: tuple[str, ...]
    """Patterns of the question files in a folder; the first that finds any is taken."""
    keys: frozenset[str]
    """Keys that every official record has."""
    media_folders: tuple[str, ...] = ()
    """Where a media file of unique name may lie; empty where names repeat."""
    needs_frame_times: bool = False
    """Whether `at_frames` must be called before the question is asked."""
    official_headline: ClassVar[str] = "micro"
    video_r1_headline: ClassVar[str] = "micro"

    def headline(self, mode: str) -> str:
        """Which average is the benchmark's number, to be computed by `averages.average`."""
        return self.official_headline if mode == "official" else self.video_r1_headline

    def read(self, source: Path, roots: MediaRoots, rejects: Rejects) -> Iterator[Question]:
        """Stream the questions; a record that cannot be used goes to `rejects` with its reason.

        Ids are made unique: the second question of id "7" becomes "7#2". Raises DataError when there is no question
        file, no record, or when the first record is of neither layout.
        """
        files = question_files(source, self.files)
        video_r1_layout = is_video_r1(files)
        if not video_r1_layout:
            self._check_layout(files)
        read_one = self._read_video_r1 if video_r1_layout else self.read_official
        seen: Counter[str] = Counter()
        for place in places(files, rejects, count=video_r1_layout):
            try:
                question = read_one(place, roots)
            except RecordError as error:
                rejects.add(Reject(str(place.file), place.index, error.reason, error.detail))
                continue
            if question is not None:
                yield replace(question, id=self.unique_id(question.id, seen[question.id]))
                seen[question.id] += 1

    @abstractmethod
    def read_official(self, place: Place, roots: MediaRoots) -> Question | None:
        """Read one official record; None when it is not part of the benchmark. Raises RecordError."""

    def unique_id(self, name: str, before: int) -> str:
        """The id of a question when `before` others had the same one."""
        return f"{name}#{before + 1}" if before else name

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:  # noqa: ARG002  # for subclasses
        """The groups of a record in Video-R1's schema."""
        return {}

    def video_r1_details(self, sample: Sample, roots: MediaRoots) -> Mapping[str, Any]:  # noqa: ARG002
        """The details of a record in Video-R1's schema."""
        return {}

    def official_prompt(self, question: Question) -> str | None:  # noqa: ARG002  # for subclasses
        """The question in the benchmark's own form, in our words; None: use the template."""
        return None

    def at_frames(self, question: Question, seconds: Sequence[float]) -> Question:  # noqa: ARG002  # for subclasses
        """The question once it is known at which seconds the model sees the video."""
        return question

    @abstractmethod
    def official_score(self, output: str, question: Question) -> float | None:
        """Score one output by the benchmark's own rule, in [0, 1]; None when that takes a judge model."""

    def lenient_score(self, output: str, question: Question) -> float | None:
        """Score one output by the lenient letter extraction; None where the answer is no letter."""
        if not question.is_choice:
            return None
        letters = "".join(question.choices) or "ABCDEFGHIJ"
        return float(lenient_choice(final_answer(output), letters) == question.right)

    def count_warnings(self, questions: Iterable[Question]) -> list[str]:
        """One line for each count that is not the published one; mirrors get revised, so this is no error."""
        counts: Counter[str] = Counter()
        for question in questions:
            counts.update(["all", *{question.groups.get(name, UNKNOWN) for name in self.group_names}])
        wanted = {key: n for key, n in self.expected.items() if key == "all" or counts[key]}
        return [
            f"{self.name}: {counts[key]} questions ({key}), {number} expected"
            for key, number in wanted.items()
            if counts[key] != number
        ]

    def _read_video_r1(self, place: Place, roots: MediaRoots) -> Question:
        sample = read_sample(place.record, str(place.index), roots, self.media_folders)
        told = self.video_r1_groups(place, sample)
        return Question(
            id=sample.problem_id,
            sample=sample,
            gold=solution_answer(sample.solution),
            groups={name: told.get(name) or UNKNOWN for name in self.group_names},
            details=self.video_r1_details(sample, roots),
        )

    def _check_layout(self, files: list[Path]) -> None:
        record = first_record(files)
        if lacking := sorted(self.keys - record.keys()):
            has = ", ".join(repr(str(key)[:30]) for key in list(record)[:8])
            raise DataError(
                f"{files[0]}: is no file of {self.title}: the first record lacks {', '.join(lacking)} (it has {has}); "
                "give the official file, or one in Video-R1's schema (problem, solution)"
            )
