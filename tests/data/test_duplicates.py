import pytest

from video_ktr.data.duplicates import Duplicates
from video_ktr.data.media_hash import MediaHashes
from video_ktr.data.sample import Sample


def sample(path, problem="What falls first?", solution="A", options=("A. cup", "B. pen")):
    return Sample(
        problem_id="1",
        problem=problem,
        problem_type="multiple choice",
        solution=solution,
        options=options,
        data_type="text" if path is None else "video",
        path=path and str(path),
    )


@pytest.fixture
def duplicates(tmp_path):
    with MediaHashes(tmp_path / "hashes.sqlite") as hashes:
        yield Duplicates(hashes)


def test_two_copies_of_a_video_under_two_names_are_one(tmp_path, duplicates):
    for name, content in {"a.mp4": b"one", "b.mp4": b"one", "c.mp4": b"two"}.items():
        (tmp_path / name).write_bytes(content)
    assert duplicates.is_new(sample(tmp_path / "a.mp4"))
    assert not duplicates.is_new(sample(tmp_path / "b.mp4", problem="what falls FIRST"))
    assert duplicates.is_new(sample(tmp_path / "c.mp4"))
    assert duplicates.is_new(sample(tmp_path / "b.mp4", problem="What falls last?"))
    assert duplicates.removed == 1


def test_missing_media_are_told_apart_by_their_paths(tmp_path, duplicates):
    assert duplicates.is_new(sample(tmp_path / "a.mp4"))
    assert duplicates.is_new(sample(tmp_path / "b.mp4"))
    assert not duplicates.is_new(sample(tmp_path / "a.mp4"))


def test_questions_without_media_are_compared_by_their_text(duplicates):
    assert [duplicates.is_new(sample(None)), duplicates.is_new(sample(None))] == [True, False]


def test_questions_of_marks_alone_are_compared_as_they_are(duplicates):
    assert [duplicates.is_new(sample(None, problem=text)) for text in ("?", "??", "?")] == [True, True, False]


def test_other_options_or_answers_are_counted(duplicates):
    duplicates.is_new(sample(None))
    assert not duplicates.is_new(sample(None, solution="B"))
    assert not duplicates.is_new(sample(None, options=("A. pen", "B. cup")))
    assert not duplicates.is_new(sample(None))
    assert (duplicates.removed, duplicates.with_other_answer) == (3, 2)
