from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.evaluation.benchmarks.asking import choice
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.evaluation.length_order import by_length, media_tokens

MEDIA = MediaConfig(min_pixels=784, max_pixels=7840, max_frames=8, image_min_pixels=784, image_max_pixels=7840)


def video(path, frames, height, width):
    write_video(np.zeros((frames, height, width, 3), np.uint8), path, 2.0)
    return path


def question(name, path, problem="Why?"):
    asked = choice()
    return replace(asked, id=name, sample=replace(asked.sample, path=str(path), problem=problem))


def test_media_are_estimated_by_their_headers(tmp_path):
    # 4 frames are 2 slots of 56 x 84 pixels, 6 tokens each; 20 frames are cut to 8, and too large ones shrunk to 10.
    assert media_tokens(video(tmp_path / "a.mp4", 4, 56, 84), MEDIA) == 2 * 6
    assert media_tokens(video(tmp_path / "b.mp4", 20, 112, 140), MEDIA) == 4 * 10
    Image.new("RGB", (56, 28)).save(tmp_path / "c.png")
    assert media_tokens(tmp_path / "c.png", MEDIA) == 2


@pytest.mark.parametrize("content", [b"", b"not a video"])
def test_what_cannot_be_read_counts_nothing(tmp_path, content):
    for name in ("torn.mp4", "torn.png"):
        (tmp_path / name).write_bytes(content)
        assert media_tokens(tmp_path / name, MEDIA) == 0
    assert media_tokens(Path("/nowhere/a.mp4"), MEDIA) == 0


def test_like_lengths_stand_together_within_a_window(tmp_path):
    long, short = video(tmp_path / "l.mp4", 8, 56, 84), video(tmp_path / "s.mp4", 4, 56, 56)
    asked = [question(str(n), path) for n, path in enumerate([long, short, long, short, short, long])]
    assert "".join(q.id for q in by_length(asked, MEDIA, 4)) == "130245"
    assert "".join(q.id for q in by_length(asked, MEDIA, 6)) == "134025"
    wordy = [question("0", short, "why " * 100), question("1", short)]
    assert [q.id for q in by_length(wordy, MEDIA, 2)] == ["1", "0"]
