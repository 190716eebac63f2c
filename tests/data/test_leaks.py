import json

import pytest

from video_ktr.data.leaks import EvaluationSet
from video_ktr.data.media_hash import MediaHashes
from video_ktr.data.sample import Sample
from video_ktr.data.sources import Source
from video_ktr.errors import DataError

EVALUATED = [
    ("What falls first?", "clips/street_cats.mp4"),
    ("What falls first?", "clips/video_1.mp4"),
    ("Who wins?", "clips/copied.mp4"),
]


@pytest.fixture
def evaluation_set(tmp_path):
    """Three questions; of their media only copied.mp4 is on disk."""
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips/copied.mp4").write_bytes(b"one")
    records = [{"problem": text, "problem_type": "OCR", "solution": "x", "path": path} for text, path in EVALUATED]
    records.append({"problem": "", "problem_type": "OCR", "solution": "x"})
    (tmp_path / "set.json").write_text(json.dumps(records), encoding="utf-8")
    with MediaHashes(tmp_path / "hashes.sqlite") as hashes:
        yield EvaluationSet(Source(name="held out", file=str(tmp_path / "set.json")), hashes)


def row(problem, path):
    return Sample(
        problem_id="7",
        problem=problem,
        problem_type="OCR",
        solution="x",
        data_type="text" if path is None else "video",
        path=path and str(path),
    )


@pytest.mark.parametrize(
    ("problem", "path", "matches", "leaked"),
    [
        ("What is new?", "other.mp4", set(), False),
        ("what falls FIRST", "other.mp4", {"question"}, False),
        ("what falls FIRST", None, {"question"}, True),
        ("What is new?", "a/Street_Cats.webm", {"media name"}, True),
        ("What falls first?", "a/street_cats.webm", {"question", "media name", "question and media name"}, True),
        # The question of one record and the name of another.
        ("Who wins?", "a/street_cats.webm", {"question", "media name"}, True),
        # A name that many sets give.
        ("What is new?", "a/video_1.mp4", set(), False),
        ("What falls first?", "a/video_1.mp4", {"question", "question and media name"}, True),
        ("Who wins?", "a/video_1.mp4", {"question"}, False),
    ],
)
def test_matches_by_text_and_name(evaluation_set, problem, path, matches, leaked):
    sample = row(problem, path)
    assert evaluation_set.matches_of(sample) == matches
    assert evaluation_set.count(sample) is leaked


def test_the_same_content_under_another_name_is_a_leak(tmp_path, evaluation_set):
    for name, content in {"x.mp4": b"one", "y.mp4": b"two", "z.mp4": b"three"}.items():
        (tmp_path / name).write_bytes(content)
    assert evaluation_set.matches_of(row("What is new?", tmp_path / "x.mp4")) == {"media content"}
    assert evaluation_set.matches_of(row("What is new?", tmp_path / "y.mp4")) == set()
    assert evaluation_set.matches_of(row("What is new?", tmp_path / "z.mp4")) == set()


def test_counts_and_examples(evaluation_set):
    assert (evaluation_set.rows, evaluation_set.media, evaluation_set.missing_media) == (3, 3, 2)
    assert evaluation_set.rejects.counts() == {"missing problem": 1}
    for _ in range(7):
        evaluation_set.count(row("What is new?", "street_cats.mp4"))
    evaluation_set.count(row("Who wins?", "other.mp4"))
    assert evaluation_set.leaked_rows == 7
    assert evaluation_set.matches == {"media name": 7, "question": 1}
    assert evaluation_set.examples == [("7", "media name")] * 5


def test_a_set_that_is_not_there_is_an_error(tmp_path):
    with MediaHashes(tmp_path / "hashes.sqlite") as hashes, pytest.raises(DataError, match="none\\.json"):
        EvaluationSet(Source(name="x", file=str(tmp_path / "none.json")), hashes)
