import time

import pytest

from video_ktr.data.time_limit import Deadline
from video_ktr.errors import MediaError


def test_nothing_happens_before_the_time_is_up():
    deadline = Deadline("a.mp4", 3600)
    deadline.check()
    assert 3500 < deadline.seconds_left <= 3600


def test_the_line_names_file_and_limit():
    deadline = Deadline("a.mp4", 0.01)
    time.sleep(0.02)
    with pytest.raises(MediaError) as caught:
        deadline.check()
    assert str(caught.value) == (
        "a.mp4: not read within the limit of 0.01 seconds; raise media.time_limit_seconds, "
        "or remove or shorten the file"
    )
    assert deadline.seconds_left == 0.001


def test_no_limit_at_all():
    deadline = Deadline("a.mp4", float("inf"))
    deadline.check()
    assert deadline.seconds_left == float("inf")
