import pytest

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.video_r1 import read
from video_ktr.data.rejects import RecordError

RECORD = {
    "problem_id": 7,
    "problem": "What falls first?",
    "data_type": "video",
    "problem_type": "multiple choice",
    "options": ["A. cup", "B. pen"],
    "solution": "<answer>B</answer>",
    "path": "./STAR/3.mp4",
}
MEDIA = MediaRoots(["/data"])


def sample(**change):
    return read(RECORD | change, "12", MEDIA)


@pytest.mark.parametrize(
    ("path", "kind"), [("a.MP4", "video"), ("a.gif", "video"), ("a.JPG", "image"), ("a.png", "image"), ("", "text")]
)
def test_the_kind_of_media_follows_from_the_suffix(path, kind):
    for nothing in ("", None):
        one = sample(path=path, data_type=nothing, problem_type=nothing)
        assert (one.data_type, one.problem_type) == (kind, "multiple choice")
        assert one.path == (None if kind == "text" else f"/data/{path}")


def test_a_folder_of_frames_is_a_video():
    one = sample(data_type="frame", path="./Evaluation/MVBench/tvqa/frames_fps3_hq/x")
    assert (one.data_type, one.path) == ("video", "/data/Evaluation/MVBench/tvqa/frames_fps3_hq/x")


@pytest.mark.parametrize("key", ["path", "video", "image"])
def test_the_media_file_stands_under_three_keys(key):
    record = {name: value for name, value in RECORD.items() if name != "path"}
    assert read(record | {"path": None, key: "x.mp4"}, "0", MEDIA).path == "/data/x.mp4"
    assert read(record | {"path": {"bytes": None, "path": "x.mp4"}}, "0", MEDIA).path == "/data/x.mp4"


@pytest.mark.parametrize("options", [["A. cup", "B. pen"], {"A": "cup", "B": " pen ", "C": None, "D": ""}])
def test_options_come_as_a_list_or_by_letter(options):
    assert sample(options=options).options == ("A. cup", "B. pen")


@pytest.mark.parametrize("nothing", [None, "", []])
def test_no_options_are_empty_ones(nothing):
    assert sample(options=nothing).options == ()


def test_an_id_that_is_missing_is_the_index():
    assert sample().problem_id == "7"
    assert sample(problem_id=None).problem_id == sample(problem_id="").problem_id == "12"
    assert sample(problem_id=0).problem_id == "0"


@pytest.mark.parametrize("kind", ["temporal grounding", "caption"])
def test_kinds_beyond_the_paper_are_read(kind):
    assert sample(problem_type=kind, options=None, solution="3.5 - 7.0").problem_type == kind


def test_reasoning_without_an_answer_is_completed_with_the_solution():
    whole = "<think>So.</think>\n<answer>B</answer>"
    assert sample(process="<think>So.</think>\n").process == whole
    assert sample(process="<think>So.</think>", solution="B").process == whole
    assert sample(process=whole).process == whole
    assert sample(process=None).process == ""


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("./STAR/AB1CD.mp4", "STAR"),
        ("./LLaVA-Video-178K/academic_source/activitynet/v_1.mp4", "LLaVA-Video-178K"),
        ("./Knowledge/ArxivQA/images/1_0.jpg", "ArxivQA"),
        ("./Math/x.png", ""),
        ("./clips/3.mp4", ""),
        ("3.mp4", ""),
    ],
)
def test_a_missing_source_follows_from_video_r1s_folders(path, source):
    assert sample(path=path, data_source=None).data_source == source
    assert sample(path=path, data_source="mine").data_source == "mine"


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"problem": None}, "missing problem", "has no 'problem'"),
        ({"solution": " "}, "missing solution", "has no 'solution'"),
        ({"problem_type": "essay"}, "unknown problem type", "problem_type 'essay' is unknown"),
        ({"problem_type": "", "options": []}, "missing problem_type", "use one of multiple choice, numerical"),
        ({"data_type": "audio"}, "unknown data type", "data_type 'audio' is unknown"),
        ({"path": ""}, "missing path", "data_type is 'video' but there is no 'path'"),
        ({"options": "A. cup"}, "bad options", "must map single letters"),
        ({"options": [None]}, "bad options", "'options' must be a list"),
        ({"options": {"AB": "cup"}}, "bad options", "must map single letters"),
        ({"problem": ["x"]}, "bad value", "'problem' is a list"),
        ({"problem_id": True}, "bad value", "'problem_id' is a bool"),
        ({"problem": "\ud800"}, "bad value", "half of a surrogate pair"),
        ({"solution": float("nan")}, "missing solution", "has no 'solution'"),
        ({"path": "../a.mp4"}, "path outside media root", "leads outside"),
        ({"path": {"bytes": "text", "path": None}}, "bad embedded media", "'bytes' is a str"),
    ],
)
def test_a_bad_record_is_told_with_its_reason(change, reason, words):
    with pytest.raises(RecordError, match=words) as caught:
        sample(**change)
    assert caught.value.reason == reason
    assert "\n" not in str(caught.value)
