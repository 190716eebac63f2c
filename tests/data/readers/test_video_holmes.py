import pytest

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.video_holmes import read
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample

RECORD = {
    "video ID": "ab12",
    "Question ID": 9,
    "Question Type": "TCI",
    "Question": "Why does she run?",
    "Options": {"A": "fear", "B": "late", "F": "game"},
    "Answer": "F",
    "Explanation": "The door opens by itself.",
}


def test_a_record_is_read_field_by_field():
    assert read(RECORD, "0", MediaRoots(["/data"])) == Sample(
        problem_id="9",
        problem="Why does she run?",
        problem_type="multiple choice",
        solution="<answer>F</answer>",
        options=("A. fear", "B. late", "F. game"),
        data_type="video",
        path="/data/videos_cropped/ab12.mp4",
        original_question_type="TCI",
        data_source="Video-Holmes",
    )
    assert read(RECORD | {"Question ID": None}, "3", MediaRoots(["/data"])).problem_id == "3"


@pytest.mark.parametrize("folder", ["videos_cropped", "Benchmark/videos", "videos", "videos/videos_cropped"])
@pytest.mark.parametrize("suffix", ["mp4", "MP4", "mkv", "webm"])
def test_the_video_is_found_where_copies_have_it(tmp_path, folder, suffix):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / f"ab12.{suffix}").touch()
    assert read(RECORD, "0", MediaRoots([tmp_path])).path == str(tmp_path / folder / f"ab12.{suffix}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Answer": "C"}, "answer not among options"),
        ({"Answer": None}, "missing Answer"),
        ({"Options": None}, "answer not among options"),
        ({"Options": ["fear"]}, "bad options"),
        ({"Question": ""}, "missing Question"),
        ({"video ID": ""}, "missing video ID"),
        ({"video ID": "../../ab12"}, "path outside media root"),
    ],
)
def test_a_bad_record_has_its_reason(change, reason):
    with pytest.raises(RecordError) as caught:
        read(RECORD | change, "0", MediaRoots(["/data"]))
    assert caught.value.reason == reason
