import numpy as np
import pytest
from PIL import Image

from tests.data.clips import write_numbered
from video_ktr.errors import ConfigError, MediaError
from video_ktr.explorer.upload_limits import UploadLimits, require_short


def test_a_video_as_long_as_the_limit_is_taken(tmp_path):
    clip = write_numbered(tmp_path / "clip.mp4", 20, rate=10)
    require_short(clip, UploadLimits(seconds=2), 10)
    with pytest.raises(MediaError, match=r"clip.mp4: lasts 2.0 seconds, and the limit is 1.9; give a shorter video"):
        require_short(clip, UploadLimits(seconds=1.9), 10)


def test_time_stamps_count_and_not_the_stated_rate(tmp_path):
    clip = write_numbered(tmp_path / "clip.mkv", 4, rate=10, times=[0, 0.1, 0.2, 40])
    with pytest.raises(MediaError, match=r"lasts 40\.\d seconds"):
        require_short(clip, UploadLimits(seconds=30), 10)


def test_what_is_no_video_is_refused(tmp_path):
    text, picture = tmp_path / "text.mp4", tmp_path / "picture.png"
    text.write_text("no video")
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(picture)
    for path in (text, picture):
        with pytest.raises(MediaError, match=f"{path.name}: cannot be opened as a video"):
            require_short(path, UploadLimits(), 10)


@pytest.mark.parametrize("limit", ["megabytes", "seconds", "waiting"])
def test_limits_are_above_0(limit):
    with pytest.raises(ConfigError, match=f"the limit {limit} is 0: give a number above 0"):
        UploadLimits(**{limit: 0})
