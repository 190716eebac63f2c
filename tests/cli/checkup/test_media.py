import numpy as np
import pytest
from PIL import Image

from video_ktr.cli.checkup.media import check_media, decoding_error
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.data.sample import Sample


def sample(path, kind="video"):
    return Sample(
        problem_id="0", problem="why ?", problem_type="free-form", solution="so", data_type=kind, path=str(path)
    )


@pytest.fixture
def folder(tmp_path):
    write_video(np.zeros((4, 56, 56, 3), np.uint8), tmp_path / "good.mp4", fps=2)
    Image.new("RGB", (56, 56)).save(tmp_path / "good.png")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    return tmp_path


def test_missing_and_damaged_files_are_problems(folder):
    samples = [sample(folder / name) for name in ("good.mp4", "bad.mp4", "gone.mp4", "good.mp4")]
    found, read = check_media([*samples, sample(folder / "good.png", "image")], MediaConfig(), 10, seed=0)
    assert (found.level, read.level) == ("problem", "problem")
    assert found.text.startswith(f"1 of 4 files are missing, the first is {folder / 'gone.mp4'}")
    assert read.text.startswith("2 of 3 files drawn can be decoded; the first that cannot:")
    assert "bad.mp4" in read.text


def test_all_is_well(folder):
    findings = check_media([sample(folder / "good.mp4")], MediaConfig(), 10, seed=0)
    assert [finding.level for finding in findings] == ["ok", "ok"]


def test_no_more_files_are_decoded_than_asked(folder):
    samples = [sample(folder / "good.mp4"), sample(folder / "bad.mp4")]
    assert check_media(samples, MediaConfig(), 0, seed=0)[1].text == "0 of 0 files drawn can be decoded"


def test_an_image_is_read_as_one(folder):
    assert decoding_error(str(folder / "good.png"), "image", MediaConfig()) is None
    assert "bad.mp4" in decoding_error(str(folder / "bad.mp4"), "image", MediaConfig())
