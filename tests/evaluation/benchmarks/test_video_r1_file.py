from pathlib import Path

import pytest

from tests.evaluation.benchmarks.asking import video_r1_row
from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.rejects import RecordError
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.benchmarks.video_r1_file import block_of, read_sample

PATH = "./Evaluation/MMVU/videos/Physics/3.mp4"


@pytest.mark.parametrize(
    ("place", "folders", "found"),
    [
        ("Evaluation/MMVU/videos/Physics/3.mp4", (), True),
        ("MMVU/videos/Physics/3.mp4", (), True),
        ("videos/Physics/3.mp4", (), True),
        ("Physics/3.webm", (), True),
        ("3.mp4", (), False),  # file names repeat in other folders
        ("3.mp4", ("",), True),
        ("data/3.mp4", ("clips", "data"), True),
    ],
)
def test_media_are_found_without_the_leading_folders(tmp_path, place, folders, found):
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).touch()
    sample = read_sample(video_r1_row(path=PATH), "0", MediaRoots([tmp_path]), folders)
    assert (sample.path == str(tmp_path / place)) == found
    assert found or sample.path == str(tmp_path / PATH.removeprefix("./"))


def test_a_right_answer_that_no_option_has_is_told():
    with pytest.raises(RecordError, match="none of the options 'AB'"):
        read_sample(video_r1_row(solution="<answer>C</answer>"), "0", MediaRoots(["/data"]))
    without = read_sample(video_r1_row(solution="<answer>C</answer>", options=[]), "0", MediaRoots(["/data"]))
    assert without.options == ()


@pytest.mark.parametrize(
    ("number", "total", "block"), [(0, 6, "x"), (2, 6, "x"), (3, 6, "y"), (3, 4, None), (3, None, None)]
)
def test_blocks_of_a_whole_file(number, total, block):
    assert block_of(Place(Path("a"), number, number, total, {}), ("x", "y"), 3) == block
