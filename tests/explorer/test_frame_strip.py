from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from video_ktr.data.media import MediaConfig, load_video, write_video
from video_ktr.errors import MediaError
from video_ktr.explorer.frame_strip import MOST_HIGH, frame_strip

CONFIG = MediaConfig(max_frames=8)
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strip")
    frames_FHWC = np.zeros((12, 64, 96, 3), np.uint8)
    frames_FHWC[:] = np.repeat(np.array(COLOURS, np.uint8), 2, axis=0)[:, None, None]
    write_video(frames_FHWC, folder / "clip.mp4", fps=4)  # three seconds, each colour for half of one
    Image.new("RGB", (1000, 500), (10, 200, 30)).save(folder / "wide.png")
    Image.new("RGB", (90, 800), (10, 200, 30)).save(folder / "tall.png")
    (folder / "broken.mp4").write_bytes(b"no video")
    return folder


def picture(frame):
    with Image.open(BytesIO(frame.image)) as image:
        assert image.format == "JPEG"
        return image.convert("RGB")


def test_frames_times_and_slots_are_those_the_model_was_given(folder):
    frames = frame_strip([folder / "clip.mp4"], CONFIG)
    seen = load_video(folder / "clip.mp4", CONFIG)
    assert [frame.seconds for frame in frames] == list(seen.seconds)
    assert [frame.slot for frame in frames] == [0, 0, 1, 1, 2, 2]
    for frame, frame_CHW in zip(frames, seen.frames_FCHW, strict=True):
        image = picture(frame)
        assert image.size == (96, 64)
        np.testing.assert_allclose(np.asarray(image).mean((0, 1)), frame_CHW.numpy().mean((1, 2)), atol=6)
    # The first and the last frame are of the first and the last colour.
    np.testing.assert_allclose(np.asarray(picture(frames[0])).mean((0, 1)), COLOURS[0], atol=12)
    np.testing.assert_allclose(np.asarray(picture(frames[-1])).mean((0, 1)), COLOURS[-1], atol=12)


def test_an_odd_number_of_frames_fills_its_last_slot_with_one(folder):
    frames = frame_strip([folder / "clip.mp4"], MediaConfig(max_frames=5, frame_factor=1))
    assert [frame.slot for frame in frames] == [0, 0, 1, 1, 2]


def test_large_pictures_are_shrunk_and_have_no_time(folder):
    wide, tall = frame_strip([folder / "wide.png", folder / "tall.png"], CONFIG)
    assert picture(wide).size == (2 * MOST_HIGH, MOST_HIGH)
    assert picture(tall).size == (18, MOST_HIGH)
    assert (wide.seconds, tall.seconds) == (None, None)
    assert (wide.slot, tall.slot) == (0, 1)


def test_slots_go_on_from_one_video_to_the_next(folder):
    frames = frame_strip([folder / "clip.mp4", folder / "wide.png", folder / "clip.mp4"], CONFIG, frames_per_slot=3)
    assert [frame.slot for frame in frames] == [0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 4, 4, 4]
    assert frame_strip([], CONFIG) == []


@pytest.mark.parametrize("name", ["broken.mp4", "none.mp4"])
def test_media_that_cannot_be_read_are_an_error(folder, name):
    with pytest.raises(MediaError, match=name):
        frame_strip([folder / name], CONFIG)
