import pytest

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.tempcompass import questions_of, read
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample

RECORD = {
    "video_id": "77_reverse",
    "dim": "direction",
    "question": "It turns.\nWhat moves?\nA. car\nB) ball",
    "answer": "B) ball",
}


def test_a_record_is_read_field_by_field():
    assert read(RECORD, "77_reverse/direction/0", MediaRoots(["/data"])) == Sample(
        problem_id="77_reverse/direction/0",
        problem="It turns.\nWhat moves?",
        problem_type="multiple choice",
        solution="<answer>B</answer>",
        options=("A. car", "B) ball"),
        data_type="video",
        path="/data/videos/77_reverse.mp4",
        original_question_type="direction",
        data_source="TempCompass",
    )
    assert read(RECORD | {"answer": "A"}, "0", MediaRoots(["/data"])).solution == "<answer>A</answer>"


@pytest.mark.parametrize("folder", ["videos", "tempcompass_videos/videos", "tempcompass_videos"])
def test_the_video_is_found_where_the_archive_puts_it(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "77_reverse.mp4").touch()
    assert read(RECORD, "0", MediaRoots([tmp_path])).path == str(tmp_path / folder / "77_reverse.mp4")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answer": "B. balls"}, "answer not among options"),
        ({"answer": "C"}, "answer not among options"),
        ({"answer": ""}, "missing answer"),
        ({"question": "Does it move?", "answer": "yes"}, "bad options"),
        ({"question": "A. car\nB. ball"}, "bad options"),
        ({"question": "Which?\nOption 1: car", "answer": "Option 1: car"}, "bad options"),
        ({"video_id": None}, "missing video_id"),
        ({"dim": None}, "missing dim"),
    ],
)
def test_a_bad_record_has_its_reason(change, reason):
    with pytest.raises(RecordError) as caught:
        read(RECORD | change, "0", MediaRoots(["/data"]))
    assert caught.value.reason == reason


def test_questions_of_one_video_are_named_by_their_place():
    one = {"question": "?", "answer": "A. x"}
    rows = list(questions_of("v", {"order": [one, 3], "speed": None}))
    expected = ("v/order/0", {"video_id": "v", "dim": "order", "question": "?", "answer": "A. x"})
    assert rows == [expected, ("v/order/1", 3), ("v/speed", None)]
    assert list(questions_of("v", 3)) == [("v", 3)]
