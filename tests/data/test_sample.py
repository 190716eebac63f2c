import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import PROBLEM_TYPES, Sample, iter_samples, read_samples, write_samples
from video_ktr.errors import ConfigError, DataError

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


def test_media_paths_are_joined_to_the_root(tmp_path):
    root = tmp_path / "root"
    paths = ("./a.mp4", "/MMVU/b.mp4", str(root / "c.mp4"))
    samples = read_samples(write_json(tmp_path, [RECORD | {"path": p} for p in paths]), media_root=root)
    assert [s.path for s in samples] == [str(root / name) for name in ("a.mp4", "MMVU/b.mp4", "c.mp4")]


def test_media_elsewhere_are_refused_unless_allowed(tmp_path):
    (tmp_path / "secret.mp4").touch()
    path = write_json(tmp_path, [RECORD | {"path": str(tmp_path / "secret.mp4")}])
    with pytest.raises(DataError, match=r"record 0: path .* leads outside"):
        read_samples(path, media_root=tmp_path / "root")
    [sample] = read_samples(path, media_root=tmp_path / "root", allow_outside_media=True)
    assert sample.path == str(tmp_path / "secret.mp4")
    assert read_samples(path, media_root=[tmp_path / "root", tmp_path]) == read_samples(path) == [sample]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("q.jsonl", b"", "holds no records"),
        ("q.json", b" ", "holds no records"),
        ("q.json", b"[]", "holds no records"),
        ("q.json", b'{"a": 1}', "no known format: record 'a' is a int; expected a list"),
        ("q.json", b"[1]", "record 0 is a int"),
        ("q.json", b'[{"b": 1, "a\\n": 2}]', "an object with the keys 'b', 'a.*n'.*video-r1 .*mmvu"),
        ("q.json", b"[{", "record 0 before byte 2"),
        ("q.jsonl", b"{}\n{", "line 2: not valid JSON"),
        ("q.json", b"\xff\xfe\x00", "UTF-8"),
        ("q.csv", b"a,b", "expected a .json, .jsonl or .parquet"),
    ],
)
def test_a_bad_file_is_named(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_samples(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


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
    assert read_samples(path, allow_outside_media=True) == samples
    assert [child.name for child in path.parent.iterdir()] == ["s.jsonl"]


@pytest.mark.parametrize("root", ["{folder}/media", "media"])
def test_paths_are_written_relative_to_the_root(tmp_path, monkeypatch, root):
    monkeypatch.chdir(tmp_path)
    root = root.format(folder=tmp_path)
    path = write_json(tmp_path, [RECORD, RECORD | {"path": str(tmp_path / "other.mp4")}])
    samples = read_samples(path, media_root=[root, tmp_path])
    write_samples(samples, tmp_path / "out.jsonl", media_root=root)
    paths = [json.loads(line)["path"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert paths == ["clips/3.mp4", str(tmp_path / "other.mp4")]
    assert read_samples(tmp_path / "out.jsonl", media_root=[root, tmp_path]) == samples


def test_bad_records_are_left_out_and_told_in_one_place(tmp_path):
    records = [RECORD, {"problem": "?"}, 3, RECORD | {"path": "\0"}, RECORD, RECORD | {"solution": None}]
    path = write_json(tmp_path, records)
    rejects = Rejects()
    samples = read_samples(path, rejects=rejects)
    # Equal ids stay equal.
    assert [sample.problem_id for sample in samples] == ["7", "7"]
    assert [(reject.file, reject.index, reject.reason) for reject in rejects] == [
        (str(path), 1, "missing solution"),
        (str(path), 2, "not an object"),
        (str(path), 3, "bad path"),
        (str(path), 5, "missing solution"),
    ]
    assert len(samples) + len(rejects) == len(records)


def test_a_file_broken_in_its_middle_ends_with_an_error_after_the_records_before(tmp_path):
    path = tmp_path / "q.json"
    path.write_text("[" + (json.dumps(RECORD) + ",") * 50 + '{"problem": }]')
    rejects = Rejects()
    samples = iter_samples(path, rejects=rejects)
    assert [next(samples).problem_id for _ in range(50)] == ["7"] * 50
    with pytest.raises(DataError, match=r"record 50 before byte \d+ .*unallowed token"):
        next(samples)
    assert len(rejects) == 0


def test_a_named_format_is_not_guessed(tmp_path):
    path = write_json(tmp_path, [{"solution": "A"}, RECORD])
    assert len(read_samples(path, rejects=Rejects())) == 1
    with pytest.raises(DataError, match="record 0: has no 'video ID'"):
        read_samples(path, format="video-holmes")
    with pytest.raises(ConfigError, match="format 'holmes' is unknown; use one of video-r1, video-holmes"):
        read_samples(path, format="holmes")
    with pytest.raises(ConfigError, match="media_root is an empty list"):
        read_samples(path, media_root=[])


@pytest.mark.skipif(not (SHARED / "eval_mmvu.json").exists(), reason="the shared data are not here")
@pytest.mark.parametrize(
    ("name", "number", "first"),
    [
        ("eval_mmvu.json", 625, ("1", "<answer>A</answer>", "MMVU/videos/Chemistry/0.mp4", 5)),
        ("video_holmes_example.json", 8, ("1", "<answer>A</answer>", "videos_cropped/RSmjqss0XKQ.mp4", 6)),
        ("tempcompass_multi-choice_40videos.json", 315, ("1034419625/action/0", "<answer>A</answer>", "", 3)),
    ],
)
def test_the_released_files_read_whole(tmp_path, name, number, first):
    rejects = Rejects()
    samples = read_samples(SHARED / name, media_root=tmp_path, rejects=rejects)
    assert (len(samples), len(rejects)) == (number, 0)
    path = str(tmp_path / (first[2] or "videos/1034419625.mp4"))
    sample = samples[0]
    assert (sample.problem_id, sample.solution, sample.path, len(sample.options)) == (*first[:2], path, first[3])
    assert {sample.data_type for sample in samples} == {"video"}
    assert all(sample.solution[8] in [option[0] for option in sample.options] for sample in samples)
