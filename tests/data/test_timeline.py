from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.timeline import Timeline


def timeline(*stamps: int | None, lasts: int = 0) -> Timeline:
    """Of frames with these time stamps, in hundredths of a second, each said to last `lasts` of them."""
    result = Timeline()
    for stamp in stamps:
        frame = av.VideoFrame(16, 16)
        frame.pts, frame.time_base, frame.duration = stamp, Fraction(1, 100), lasts
        result.add(frame)
    return result


def test_times_count_from_the_first_frame():
    frames = timeline(140, 150, 230, lasts=10)
    assert len(frames) == 3
    assert frames.seconds_of([0, 2], Fraction(10)) == pytest.approx((0, 0.9))
    assert frames.duration(Fraction(10)) == pytest.approx(1.0)


def test_a_last_frame_of_unknown_length_lasts_the_mean():
    # 0.8 seconds between 3 frames: 0.4 each, so 1.2 in all.
    assert timeline(0, 10, 80).duration(Fraction(30)) == pytest.approx(1.2)


def test_a_lone_frame_lasts_what_the_rate_says():
    assert timeline(500).duration(Fraction(4)) == 0.25
    assert timeline(500).seconds_of([0], Fraction(4)) == (0.0,)


@pytest.mark.parametrize("stamps", [(0, None, 20), (None, None, None), (0, 20, 10), (5, 5, 9)])
def test_frames_without_rising_stamps_are_evenly_spaced(stamps):
    assert timeline(*stamps).seconds_of([0, 1, 2], Fraction(2)) == (0.0, 0.5, 1.0)


def test_missing_stamps_leave_the_rate_alone():
    assert timeline(0, None, 900).duration(Fraction(2)) == 1.5


def test_packets_come_in_the_order_of_decoding():
    # A frame that is shown third is decoded second.
    assert timeline(0, 20, 10, lasts=10).duration(Fraction(1)) == pytest.approx(0.3)


@given(stamps=st.lists(st.integers(-10_000, 10_000), min_size=2, unique=True).map(sorted), lasts=st.integers(1, 100))
def test_the_end_is_the_last_frame_and_its_length(stamps, lasts):
    frames = timeline(*stamps, lasts=lasts)
    (shown,) = frames.seconds_of([len(stamps) - 1], Fraction(1))
    assert shown == pytest.approx((stamps[-1] - stamps[0]) / 100)
    assert frames.duration(Fraction(1)) == pytest.approx(shown + lasts / 100)
