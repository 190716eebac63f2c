import pytest

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.mmvu import read
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample

RECORD = {
    "id": "validation_1",
    "video": "https://example.org/resolve/main/videos/Chemistry/4.mp4",
    "question_type": "multiple-choice",
    "question": "How heavy?",
    "choices": {"A": "1 g", "B": "5 g"},
    "answer": "B",
    "metadata": {"subject": "Chemistry"},
}
OPEN = {"question_type": "open-ended", "choices": {"A": "", "B": ""}, "answer": "five grams"}


def test_a_record_is_read_field_by_field():
    choice = Sample(
        problem_id="validation_1",
        problem="How heavy?",
        problem_type="multiple choice",
        solution="<answer>B</answer>",
        options=("A. 1 g", "B. 5 g"),
        data_type="video",
        path="/data/videos/Chemistry/4.mp4",
        original_question_type="multiple-choice",
        data_source="MMVU",
    )
    assert read(RECORD, "0", MediaRoots(["/data"])) == choice
    assert read(RECORD | {"id": ""}, "5", MediaRoots(["/data"])).problem_id == "5"


def test_a_question_without_choices_is_free_form():
    sample = read(RECORD | OPEN, "0", MediaRoots(["/data"]))
    assert (sample.problem_type, sample.solution, sample.options) == ("free-form", "<answer>five grams</answer>", ())


@pytest.mark.parametrize("folder", ["videos", "MMVU/videos", "Evaluation/MMVU/videos"])
def test_the_video_is_found_in_both_layouts(tmp_path, folder):
    (tmp_path / folder / "Chemistry").mkdir(parents=True)
    (tmp_path / folder / "Chemistry/4.mp4").touch()
    media = MediaRoots([tmp_path, tmp_path / "Evaluation"])
    for video in (RECORD["video"], "Chemistry/videos/Chemistry/4.mp4"):
        assert read(RECORD | {"video": video}, "0", media).path == str(tmp_path / folder / "Chemistry/4.mp4")
    plain = {"video": "", "video_path": f"{folder}/Chemistry/4.mp4"}
    assert read(RECORD | plain, "0", media).path == str(tmp_path / folder / "Chemistry/4.mp4")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answer": "C"}, "answer not among options"),
        ({"answer": None}, "missing answer"),
        ({"question": None}, "missing question"),
        ({"video": None}, "missing video"),
        ({"video": "x/videos/../../y.mp4"}, "path outside media root"),
        ({"choices": "A"}, "bad options"),
    ],
)
def test_a_bad_record_has_its_reason(change, reason):
    with pytest.raises(RecordError) as caught:
        read(RECORD | change, "0", MediaRoots(["/data"]))
    assert caught.value.reason == reason
