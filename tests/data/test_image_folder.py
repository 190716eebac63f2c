import os

import numpy as np
import pytest
import torch
from PIL import Image

from video_ktr.data.image_folder import frame_files
from video_ktr.data.media import MediaConfig, load_image, load_video
from video_ktr.data.schema import IMAGE_SUFFIXES
from video_ktr.errors import MediaError


def grey(level: int, size: tuple[int, int] = (64, 32)) -> Image.Image:
    return Image.new("RGB", size, (level, level, level))


def test_natural_order_and_pictures_alone(tmp_path):
    for name in ("f10.png", "f2.PNG", "f1.jpg", "._f0.jpg", ".DS_Store", "notes.txt", "f02.png"):
        (tmp_path / name).touch()
    (tmp_path / "f3").mkdir()
    assert [path.name for path in frame_files(tmp_path)] == ["f1.jpg", "f02.png", "f2.PNG", "f10.png"]


def test_a_folder_is_a_video(tmp_path):
    for index in range(20):
        grey(10 * index).save(tmp_path / f"frame{index}.png")
    video = load_video(str(tmp_path), MediaConfig())
    expected = torch.linspace(0, 19, 16).round().tolist()
    assert video.frames_FCHW.shape == (16, 3, 32, 64)
    assert video.frames_FCHW[:, 0, 0, 0].tolist() == [10 * index for index in expected]
    # As a list of images: taken as sampled already, at 2 frames a second.
    assert video.fps == 2.0 * 16 / 20
    assert video.seconds == tuple(index / 2 for index in expected)
    assert video.source == str(tmp_path)
    as_list = load_video(frame_files(tmp_path), MediaConfig())
    assert torch.equal(video.frames_FCHW, as_list.frames_FCHW)
    assert (as_list.fps, as_list.seconds) == (video.fps, video.seconds)


def test_folders_that_cannot_be_used(tmp_path):
    with pytest.raises(MediaError, match=rf"^{tmp_path}: holds no pictures \(\.bmp, "):
        load_video(tmp_path, MediaConfig())
    grey(0).save(tmp_path / "1.png")
    grey(0, (64, 48)).save(tmp_path / "2.png")
    with pytest.raises(MediaError, match="unequal size, the first 64 x 32, number 2 64 x 48; resize"):
        load_video(tmp_path, MediaConfig())
    (tmp_path / "2.png").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"2\.png: cannot be read as an image"):
        load_video(tmp_path, MediaConfig())
    with pytest.raises(MediaError, match="is not a file but a folder"):
        load_image(tmp_path, MediaConfig())


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every folder")
def test_a_folder_that_may_not_be_read(tmp_path):
    tmp_path.chmod(0)
    with pytest.raises(MediaError, match="cannot be read"):
        frame_files(tmp_path)
    tmp_path.chmod(0o700)


def test_a_slow_folder_stops_at_the_time_limit(tmp_path):
    for index in range(8):
        grey(index).save(tmp_path / f"{index}.png")
    with pytest.raises(MediaError, match=f"^{tmp_path}: not read within the limit of 1e-06 seconds"):
        load_video(tmp_path, MediaConfig(time_limit_seconds=1e-6))


@pytest.mark.parametrize("suffix", sorted(IMAGE_SUFFIXES))
def test_a_still_image_is_a_video_of_one_frame(tmp_path, suffix):
    path = tmp_path / f"a{suffix.upper()}"
    grey(90).save(path)
    video = load_video(path, MediaConfig())
    assert (video.num_frames, video.seconds, video.source) == (1, (0.0,), str(path))
    assert torch.equal(video.frames_FCHW[0], load_image(path, MediaConfig()))
    assert np.abs(video.frames_FCHW.numpy().astype(int) - 90).max() <= 1


def test_a_gif_is_a_video_or_its_first_frame(tmp_path):
    pictures = [grey(0), grey(255), grey(0), grey(255)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=[100, 300, 100, 500])
    video = load_video(tmp_path / "a.gif", MediaConfig())
    assert video.frames_FCHW[:, 0, 0, 0].tolist() == [0, 255, 0, 255]
    assert video.seconds == pytest.approx((0, 0.1, 0.4, 0.5))
    assert video.fps == pytest.approx(4.0)
    assert load_image(tmp_path / "a.gif", MediaConfig()).max() == 0
