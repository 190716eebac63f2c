"""Questions of a benchmark in Video-R1's JSON schema, its media found in the places where they are kept."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers import video_r1
from video_ktr.data.readers.fields import Record, media_name
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.question import letter_solution
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.rewards.answer import solution_answer


def read_sample(record: Record, index: str, roots: MediaRoots, folders: Sequence[str] = ()) -> Sample:
    """Read one record, and look for its media under the shorter names that an unpacked benchmark has.

    A path "./Evaluation/MMVU/videos/Physics/3.mp4" is looked for as it stands, then without its leading folders down
    to "Physics/3.mp4", then by its file name in each of `folders`: those of a benchmark whose file names are unique.
    Without any, the path stays the plain join. Raises RecordError when the record cannot be used, and when the right
    answer of a multiple-choice question is none of its options.
    """
    sample = video_r1.read(record, index, roots)
    if sample.problem_type == "multiple choice" and sample.options:
        letter_solution(solution_answer(sample.solution), sample.options)
    if sample.path is None or Path(sample.path).exists():
        return sample
    name = media_name(record, video_r1.MEDIA_KEYS, roots)
    parts = [part for part in PurePosixPath(name).parts if part not in {"/", "."}]
    shorter = ["/".join(parts[first:]) for first in range(1, len(parts) - 1)]
    in_folders = [str(PurePosixPath(folder) / parts[-1]) for folder in folders] if parts else []
    return replace(sample, path=str(roots.resolve_first([name, *shorter, *in_folders])))


def block_of(place: Place, names: Sequence[str], size: int) -> str | None:
    """The block of a record, in a file made of blocks of `size` records in the order of `names`.

    None unless the file has all of them: a cut file does not tell its blocks.
    """
    return names[place.number // size] if place.total == size * len(names) else None
