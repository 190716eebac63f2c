import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.sample import PROBLEM_TYPES, Sample, read_samples, write_samples
from video_ktr.errors import DataError

RECORD = {
    "problem_id": 7,
    "problem": "What falls first?",
    "data_type": "video",
    "problem_type": "multiple choice",
    "original_question_type": "",
    "options": ["A. cup", "B. pen"],
    "process": "",
    "solution": "<answer>B</answer>",
    "path": "./clips/3.mp4",
    "data_source": "",
}
SHARED = Path(os.environ.get("VIDEO_KTR_SHARED_DATA", Path(__file__).resolve().parents[2] / "../shared/data"))


def write_json(folder: Path, records: object, name: str = "questions.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def test_a_full_record_is_read_field_by_field(tmp_path):
    [sample] = read_samples(write_json(tmp_path, [RECORD]))
    assert sample == Sample(
        problem_id="7",
        problem="What falls first?",
        problem_type="multiple choice",
        solution="<answer>B</answer>",
        options=("A. cup", "B. pen"),
        data_type="video",
        path=str(tmp_path / "clips/3.mp4"),
    )


def test_missing_none_and_empty_values_mean_the_same(tmp_path):
    bare = {"problem": "How many?", "problem_type": "numerical", "solution": "3", "path": "a.mp4"}
    filled = bare | {"problem_id": "", "options": None, "process": None, "data_type": "", "data_source": None}
    first, second = read_samples(write_json(tmp_path, [bare, filled]))
    assert (first.problem_id, second.problem_id) == ("0", "1")
    assert first.options == second.options == ()
    assert first.data_type == second.data_type == "video"
    assert first.process == second.process == ""


@pytest.mark.parametrize(
    ("path", "kind"), [("a.MP4", "video"), ("a.gif", "video"), ("a.JPG", "image"), ("a.png", "image"), ("", "text")]
)
def test_the_kind_of_media_follows_from_the_suffix(tmp_path, path, kind):
    record = {"problem": "?", "options": ["A. x"], "solution": "A", "path": path}
    [sample] = read_samples(write_json(tmp_path, [record]))
    assert sample.data_type == kind
    assert sample.problem_type == "multiple choice"
    assert (sample.path is None) == (kind == "text")


def test_media_paths_are_joined_to_the_root(tmp_path):
    root = tmp_path / "root"
    here = tmp_path / "here.mp4"
    here.write_bytes(b"x")
    records = [RECORD | {"path": p} for p in ("./a.mp4", "/MMVU/b.mp4", str(here))]
    samples = read_samples(write_json(tmp_path, records), media_root=root)
    assert [s.path for s in samples] == [str(root / "a.mp4"), str(root / "MMVU/b.mp4"), str(here)]
    assert read_samples(write_json(tmp_path, records))[1].path == "/MMVU/b.mp4"


def test_jsonl_keeps_line_separators_inside_strings(tmp_path):
    text = json.dumps(RECORD | {"problem": "one\u2028two"}, ensure_ascii=False)
    path = tmp_path / "questions.jsonl"
    path.write_text(f"\ufeff{text}\n\n{text}\r\n", encoding="utf-8")
    assert [s.problem for s in read_samples(path)] == ["one\u2028two"] * 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"problem": None}, "record 1 has no 'problem'"),
        ({"solution": " "}, "record 1 has no 'solution'"),
        ({"problem_type": "essay"}, "record 1: problem_type 'essay' is unknown"),
        ({"data_type": "frame"}, "record 1: data_type 'frame' is unknown"),
        ({"path": ""}, "record 1: data_type is 'video' but there is no 'path'"),
        ({"options": "A. cup"}, "record 1: 'options' must be a list"),
        ({"options": [None]}, "record 1: 'options' must be a list"),
        ({"problem": ["x"]}, "record 1: 'problem' is a list"),
        ({"problem_id": True}, "record 1: 'problem_id' is a bool"),
    ],
)
def test_a_bad_record_is_named(tmp_path, change, words):
    path = write_json(tmp_path, [RECORD, RECORD | change])
    with pytest.raises(DataError) as caught:
        read_samples(path)
    assert f"{path}: {words}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("q.jsonl", b"", "holds no records"),
        ("q.json", b"", "holds no records"),
        ("q.json", b"[]", "holds no records"),
        ("q.json", b'{"a": 1}', "expected a list"),
        ("q.json", b"[1]", "record 0 is a int"),
        ("q.json", b"[{", "not valid JSON"),
        ("q.jsonl", b"{}\n{", "line 2: not valid JSON"),
        ("q.json", b"\xff\xfe\x00", "UTF-8"),
        ("q.csv", b"a,b", "expected a .json or .jsonl"),
    ],
)
def test_a_bad_file_is_named(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_samples(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_samples(tmp_path / "none.json")


text = st.text(min_size=1).filter(lambda value: value.strip())


@given(
    samples=st.lists(
        st.builds(
            Sample,
            problem_id=text,
            problem=text,
            problem_type=st.sampled_from(PROBLEM_TYPES),
            solution=text,
            options=st.lists(st.text()).map(tuple),
            data_type=st.just("video"),
            path=st.just("/videos/a.mp4"),
            process=st.text(),
            original_question_type=st.text(),
            data_source=st.text(),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_written_samples_read_back_equal(tmp_path_factory, samples):
    path = tmp_path_factory.mktemp("samples") / "s.jsonl"
    write_samples(samples, path)
    assert read_samples(path) == samples
    assert [child.name for child in path.parent.iterdir()] == ["s.jsonl"]


@pytest.mark.skipif(not (SHARED / "eval_mmvu.json").exists(), reason="the shared data are not here")
def test_the_released_mmvu_file_reads():
    samples = read_samples(SHARED / "eval_mmvu.json", media_root="/data")
    assert len(samples) == 625
    assert {len(s.options) for s in samples} == {5}
    assert samples[0].path == "/data/MMVU/videos/Chemistry/0.mp4"
    assert samples[0].solution == "<answer>A</answer>"
