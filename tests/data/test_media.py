import time

import numpy as np
import pytest
import torch
from datasets import Dataset
from PIL import Image

from video_ktr.data.media import MediaConfig, load_image, load_video, write_video
from video_ktr.errors import ConfigError, MediaError

COLOURS = [(230, 40, 40), (40, 200, 60), (50, 80, 235), (235, 220, 60)]


def moving_square(frames: int = 8, size: int = 56) -> np.ndarray:
    video = np.full((frames, size, size, 3), 20, np.uint8)
    for index in range(frames):
        video[index, 10 : 10 + size // 2, 2 * index : 2 * index + size // 2] = COLOURS[index % 4]
    return video


@pytest.mark.parametrize("size", [56, 57])
def test_written_colours_survive(tmp_path, size):
    frames_FHWC = moving_square(size=size)
    write_video(frames_FHWC, tmp_path / "a.mp4", 2.0)
    video = load_video(tmp_path / "a.mp4", MediaConfig())
    assert video.fps == 2.0
    assert video.source == str(tmp_path / "a.mp4")
    difference = video.frames_FCHW.permute(0, 2, 3, 1).numpy().astype(int) - frames_FHWC
    assert np.abs(difference).mean() < 0.5
    assert np.abs(difference).max() < 20


def test_equal_frames_give_equal_bytes(tmp_path):
    # Many clips: an encoder that guesses its rate differs on one of thirty.
    generator = np.random.default_rng(0)
    for _ in range(40):
        frames_FHWC = generator.integers(0, 255, (8, 8, 8, 3), dtype=np.uint8).repeat(7, axis=1).repeat(7, axis=2)
        for name in ("a.mp4", "b.mp4"):
            write_video(frames_FHWC, tmp_path / name, 2.0)
        assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_tiny_clips_decode_fast(tmp_path):
    write_video(moving_square(), tmp_path / "a.mp4", 2.0)
    load_video(tmp_path / "a.mp4", MediaConfig())
    start = time.perf_counter()
    for _ in range(100):
        load_video(str(tmp_path / "a.mp4"), MediaConfig())
    # About 0.1 s on one free core; the bound leaves room for a busy machine.
    assert time.perf_counter() - start < 2.0


@pytest.mark.parametrize(
    ("frames", "fps", "words"),
    [
        (np.zeros((0, 8, 8, 3), np.uint8), 2.0, "F > 0"),
        (np.zeros((2, 8, 8), np.uint8), 2.0, "expected uint8"),
        (np.zeros((2, 8, 8, 3), np.float32), 2.0, "float32"),
        (np.zeros((2, 8, 8, 3), np.uint8), 0.0, "fps is 0.0"),
    ],
)
def test_unwritable_frames_are_refused(tmp_path, frames, fps, words):
    with pytest.raises(ConfigError, match=words):
        write_video(frames, tmp_path / "a.mp4", fps)
    assert not (tmp_path / "a.mp4").exists()


def test_frames_in_memory_agree_whatever_holds_them():
    frames_FHWC = moving_square(20)
    expected = torch.from_numpy(frames_FHWC).permute(0, 3, 1, 2)[torch.linspace(0, 19, 16).round().long()]
    sources = (
        frames_FHWC,
        torch.from_numpy(frames_FHWC),
        torch.from_numpy(frames_FHWC).permute(0, 3, 1, 2),
        [Image.fromarray(frame) for frame in frames_FHWC],
    )
    for source in sources:
        video = load_video(source, MediaConfig())
        assert torch.equal(video.frames_FCHW, expected)
        assert video.fps == 2.0 * 16 / 20
        assert video.source == "20 frames in memory"


def test_the_result_does_not_share_memory():
    frames = torch.zeros(4, 3, 8, 8, dtype=torch.uint8)
    load_video(frames, MediaConfig()).frames_FCHW.fill_(9)
    load_image(frames[0], MediaConfig()).fill_(9)
    assert frames.sum() == 0


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([], "empty"),
        ([Image.new("RGB", (4, 4)), Image.new("RGB", (4, 8))], "unequal size"),
        (np.zeros((4, 8, 8, 3), np.float32), "uint8"),
        (np.zeros((4, 8, 8), np.uint8), "expected"),
        (torch.zeros(0, 3, 8, 8, dtype=torch.uint8), "expected"),
        (torch.zeros(4, 4, 8, 8, dtype=torch.uint8), "expected"),
    ],
)
def test_unusable_frames_are_refused(source, words):
    with pytest.raises(MediaError, match=words):
        load_video(source, MediaConfig())


def test_an_image_is_the_same_from_everywhere(tmp_path):
    picture = moving_square(1)[0]
    Image.fromarray(picture).save(tmp_path / "a.png")
    expected = torch.from_numpy(picture).permute(2, 0, 1)
    sources = (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(picture), picture, expected)
    for source in sources:
        image = load_image(source, MediaConfig())
        assert torch.equal(image, expected)
        assert image.is_contiguous()


def test_grey_and_turned_images(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter
    Image.new("L", (8, 4), 7).save(tmp_path / "a.jpg", exif=exif)
    image = load_image(tmp_path / "a.jpg", MediaConfig())
    assert image.shape == (3, 8, 4)


def test_unusable_images_are_refused(tmp_path):
    with pytest.raises(MediaError, match="no such file"):
        load_image(tmp_path / "none.png", MediaConfig())
    path = tmp_path / "a.png"
    Image.fromarray(moving_square(1)[0]).save(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(MediaError, match="cannot be read as an image"):
        load_image(path, MediaConfig())
    path.write_bytes(b"no image")
    with pytest.raises(MediaError, match=str(path)):
        load_image(path, MediaConfig())


def through_a_dataset(kind: str, media: object) -> object:
    """What a row of a Hugging Face data set gives back of media put into a message."""
    content = [{"type": kind, kind: media}, {"type": "text", "text": "why ?"}]
    rows = Dataset.from_list([{"prompt": [{"role": "user", "content": content}]}])
    return rows[0]["prompt"][0]["content"][0][kind]


def test_frames_survive_a_dataset():
    frames_FHWC = moving_square(4)
    expected = torch.from_numpy(frames_FHWC).permute(0, 3, 1, 2)
    pictures = through_a_dataset("video", [Image.fromarray(frame) for frame in frames_FHWC])
    numbers = through_a_dataset("video", frames_FHWC.tolist())
    channels_first = through_a_dataset("video", expected.tolist())
    assert isinstance(pictures[0], dict)
    assert isinstance(numbers[0], list)
    for source in (pictures, numbers, channels_first):
        video = load_video(source, MediaConfig())
        assert torch.equal(video.frames_FCHW, expected)
        assert video.source == "4 frames in memory"


def test_an_image_survives_a_dataset(tmp_path):
    picture = moving_square(1)[0]
    Image.fromarray(picture).save(tmp_path / "a.png")
    expected = torch.from_numpy(picture).permute(2, 0, 1)
    # PIL remembers the file, and `datasets` then stores its path alone.
    for source in (Image.fromarray(picture), Image.open(tmp_path / "a.png"), picture.tolist()):
        assert torch.equal(load_image(through_a_dataset("image", source), MediaConfig()), expected)


def test_a_video_file_may_be_given_as_its_path_in_a_dict(tmp_path):
    write_video(moving_square(4), tmp_path / "a.mp4", 2.0)
    video = load_video({"bytes": None, "path": str(tmp_path / "a.mp4")}, MediaConfig())
    assert torch.equal(video.frames_FCHW, load_video(tmp_path / "a.mp4", MediaConfig()).frames_FCHW)


@pytest.mark.parametrize("source", [3, b"film", {"bytes": b"film", "path": "a.mp4"}])
def test_a_video_of_another_kind_is_refused(source):
    with pytest.raises(MediaError, match="a video is given as"):
        load_video(source, MediaConfig())
