import json
from pathlib import Path

import pytest

from video_ktr.data.media_hash import MediaHashes
from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.mix import build_mix
from video_ktr.data.mix_files import relative_path, write_mix
from video_ktr.data.sample import read_samples
from video_ktr.data.sources import Source
from video_ktr.errors import DataError

VIDEO_R1 = {
    "problem_id": 12,
    "problem": "Which object did he put down?",
    "data_type": "video",
    "problem_type": "multiple choice",
    "options": ["A. Bag.", "B. Cup."],
    "solution": "<answer>A</answer>",
    "path": "./STAR/AB1CD.mp4",
    "data_source": "STAR",
}
HOLMES = {
    "video ID": "ab12",
    "Question ID": 9,
    "Question Type": "TCI",
    "Question": "Why does she run?",
    "Options": {"A": "fear", "B": "late"},
    "Answer": "B",
    "Explanation": "The door opens.",
}


@pytest.fixture
def mix(tmp_path):
    (tmp_path / "r1/STAR").mkdir(parents=True)
    (tmp_path / "holmes/videos_cropped").mkdir(parents=True)
    (tmp_path / "r1/STAR/AB1CD.mp4").write_bytes(b"one")
    (tmp_path / "holmes/videos_cropped/ab12.mp4").write_bytes(b"two")
    sources = []
    for name, record in (("r1", VIDEO_R1), ("holmes", HOLMES)):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps([record, {}]), encoding="utf-8")
        sources.append(Source(name=name, file=str(file), media_root=(str(tmp_path / name),)))
    with MediaHashes(tmp_path / "hashes.sqlite") as hashes:
        return build_mix(sources, [], hashes, seed=0, on_leak="report")


def test_records_are_written_in_the_schema_of_video_r1(tmp_path, mix):
    write_mix(mix, tmp_path / "out")
    records = {record["problem_id"]: record for record in json.loads((tmp_path / "out/questions.json").read_bytes())}
    assert records[12] == {**VIDEO_R1, "original_question_type": "", "process": ""}
    assert records[9] == {
        "problem_id": 9,
        "problem": "Why does she run?",
        "data_type": "video",
        "problem_type": "multiple choice",
        "original_question_type": "TCI",
        "options": ["A. fear", "B. late"],
        "process": "",
        "solution": "<answer>B</answer>",
        "path": "./videos_cropped/ab12.mp4",
        "data_source": "Video-Holmes",
    }


def test_every_reject_of_every_source_is_in_one_file(tmp_path, mix):
    write_mix(mix, tmp_path / "out")
    rejects = [json.loads(line) for line in (tmp_path / "out/rejects.jsonl").read_text(encoding="ascii").splitlines()]
    assert [(Path(reject["file"]).name, reject["index"]) for reject in rejects] == [("r1.json", 1), ("holmes.json", 1)]


@pytest.mark.parametrize("one_root", [False, True])
def test_the_same_samples_are_read_back(tmp_path, mix, one_root):
    card = write_mix(mix, tmp_path / "out", media_root=tmp_path if one_root else None)
    roots = [str(tmp_path)] if one_root else [str(tmp_path / "r1"), str(tmp_path / "holmes")]
    assert card["media_root"] == roots
    assert read_samples(tmp_path / "out/questions.json", media_root=roots) == mix.samples


def test_equal_mixes_give_equal_bytes_and_another_is_refused(tmp_path, mix):
    write_mix(mix, tmp_path / "one")
    write_mix(mix, tmp_path / "two")
    names = ["card.json", "card.md", "questions.json", "rejects.jsonl"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    write_mix(mix, tmp_path / "one")
    mix.samples.pop()
    with pytest.raises(DataError, match="holds another set"):
        write_mix(mix, tmp_path / "one")


def test_a_medium_that_would_not_be_found_again_is_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.mp4").write_bytes(b"x")
    roots = MediaRoots([tmp_path / "a", tmp_path / "b"])
    assert relative_path(str(tmp_path / "a/1.mp4"), roots) == "./1.mp4"
    assert relative_path(str(tmp_path / "b/not/there.mp4"), roots) == "./not/there.mp4"
    with pytest.raises(DataError, match="same path below its root"):
        relative_path(str(tmp_path / "b/1.mp4"), roots)
    with pytest.raises(DataError, match="is not below"):
        relative_path(str(tmp_path / "c/1.mp4"), roots)
    (tmp_path / "a/link").symlink_to(tmp_path / "b")
    with pytest.raises(DataError, match="leads outside"):
        relative_path(str(tmp_path / "a/link/1.mp4"), MediaRoots([tmp_path / "a"]))
