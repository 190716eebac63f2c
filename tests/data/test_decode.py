import os
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.clips import levels, write_numbered
from video_ktr.data.decode import decode_video
from video_ktr.data.frames import MediaConfig
from video_ktr.errors import MediaError

SHARED = Path(os.environ.get("VIDEO_KTR_SHARED_DATA", Path(__file__).resolve().parents[2] / "../shared/data"))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.gif", "a.ts", "a.flv"])
def test_the_wanted_frames_come_in_order(tmp_path, name):
    video = decode_video(write_numbered(tmp_path / name, 61), MediaConfig())
    assert video.num_frames == 12  # 2 a second of 6.1 seconds
    assert video.frames_FCHW.shape == (12, 3, 32, 64)
    assert video.frames_FCHW.dtype == torch.uint8
    assert video.frames_FCHW.is_contiguous()
    assert video.fps == pytest.approx(12 / 6.1, abs=0.02)
    expected = torch.linspace(0, 60, 12).round().tolist()
    assert video.seconds == pytest.approx([index / 10 for index in expected], abs=0.002)
    # The palette of a GIF has eight levels of grey.
    assert levels(video.frames_FCHW) == pytest.approx(expected, abs=9 if name == "a.gif" else 1.5)


def test_one_frame_and_three(tmp_path):
    assert decode_video(write_numbered(tmp_path / "1.mp4", 1), MediaConfig()).num_frames == 1
    assert levels(decode_video(write_numbered(tmp_path / "3.mp4", 3), MediaConfig()).frames_FCHW) == pytest.approx(
        [0, 2], abs=1
    )


def test_a_wrong_frame_count_is_counted_again(tmp_path):
    # A clip cut at a time without re-encoding: the index keeps 40 frames, an edit list hides the first ones.
    whole = write_numbered(tmp_path / "whole.mp4", 40)
    cut = tmp_path / "cut.mp4"
    with av.open(str(whole)) as source, av.open(str(cut), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is None:
                continue
            packet.pts -= int(Fraction(1) / packet.time_base)
            packet.dts -= int(Fraction(1) / packet.time_base)
            packet.stream = stream
            target.mux(packet)
    with av.open(str(cut)) as container:
        assert container.streams.video[0].frames == 40
        shown = sum(1 for _ in container.decode(video=0))
    assert shown < 40
    video = decode_video(cut, MediaConfig())
    expected = [40 - shown + i for i in torch.linspace(0, shown - 1, video.num_frames).round().tolist()]
    assert levels(video.frames_FCHW) == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize(("degrees", "black_side"), [(90, "bottom"), (-90, "top"), (180, "right")])
def test_rotation_metadata_is_applied(tmp_path, degrees, black_side):
    # Counterclockwise by 90 degrees takes the black left half to the bottom.
    path = write_numbered(tmp_path / "r.mp4", 30, rotation=degrees)
    last = decode_video(path, MediaConfig()).frames_FCHW[-1].float().mean(0)
    assert last.shape == ((32, 64) if degrees == 180 else (64, 32))
    halves = {"top": last[:16], "bottom": last[-16:], "right": last[:, -16:]}
    assert halves[black_side].mean() < 5


def refuse(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        decode_video(path, MediaConfig())
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def test_a_file_that_fails_on_the_way_says_how_far_it_came(tmp_path):
    path = write_numbered(tmp_path / "a.mp4", 60, codec="mpeg4")
    with av.open(str(path)) as container:
        entries = list(container.streams.video[0].index_entries)
    data = bytearray(path.read_bytes())
    for entry in entries[30:]:
        data[entry.pos : entry.pos + entry.size] = bytes(entry.size)
    path.write_bytes(data)
    assert "frames and then fails" in refuse(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.gif", "a.ts"])
def test_a_frame_rate_that_varies(tmp_path, name):
    times = [0, 0.1, 0.2, 0.3, 0.4, 2, 2.1, 2.2, 5, 5.04, 5.08, 5.12]
    video = decode_video(write_numbered(tmp_path / name, 12, rate=50, times=times), MediaConfig())
    # A little over 5 seconds: 10 frames, evenly spaced by index as the released rule has it.
    expected = [0, 1, 2, 4, 5, 6, 7, 9, 10, 11]
    assert levels(video.frames_FCHW) == pytest.approx(expected, abs=9 if name == "a.gif" else 1.5)
    assert video.seconds == pytest.approx([times[index] for index in expected], abs=0.011)
    # The last frame lasts 0.1 seconds, or the mean where the format cannot say.
    assert 10 / 5.6 < video.fps < 10 / 5.1


def test_frames_below_the_bound_are_the_decoder_s_own(tmp_path):
    path = write_numbered(tmp_path / "a.mp4", 61, size=(640, 360))
    video = decode_video(path, MediaConfig())
    wanted = torch.linspace(0, 60, 12).round().tolist()
    with av.open(str(path)) as container:
        plain = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert np.array_equal(video.frames_FCHW.permute(0, 2, 3, 1), np.stack([plain[int(index)] for index in wanted]))


def test_enormous_frames_are_shrunk_and_ones_beyond_reason_refused(tmp_path):
    video = decode_video(write_numbered(tmp_path / "a.avi", 4, codec="mjpeg", size=(4096, 4096)), MediaConfig())
    assert video.frames_FCHW.shape == (4, 3, 3072, 3072)  # 3072 * 3072 is 4096 * 2304
    assert levels(video.frames_FCHW) == pytest.approx([0, 1, 2, 3], abs=0.5)
    assert video.frames_FCHW[..., : 3072 // 2 - 8].max() < 3
    assert "no size, or more than 67108864 pixels" in refuse(
        write_numbered(tmp_path / "b.avi", 1, codec="mjpeg", size=(8208, 8208))
    )
    assert "longer than 200 times" in refuse(write_numbered(tmp_path / "c.avi", 1, codec="mjpeg", size=(16, 4000)))


def test_a_slow_decode_stops_at_the_time_limit(tmp_path):
    path = write_numbered(tmp_path / "long.mp4", 1500)
    # In a thread, as loaders do: an alarm signal would not reach it.
    with ThreadPoolExecutor(1) as pool, pytest.raises(MediaError, match=r"long\.mp4: .*limit of 0\.01 seconds"):
        pool.submit(decode_video, path, MediaConfig(time_limit_seconds=0.01)).result()
    assert decode_video(path, MediaConfig()).num_frames == 16


@pytest.mark.parametrize("name", ["a.ts", "a.avi"])
def test_a_file_in_which_no_packet_comes_stops_at_the_time_limit(tmp_path, name):
    path = write_numbered(tmp_path / name, 20)
    with path.open("r+b") as file:
        file.truncate(10**11)  # zeros that take no room on the disk
    start = time.monotonic()
    with pytest.raises(MediaError, match=r"limit of 0\.3 seconds"):
        decode_video(path, MediaConfig(time_limit_seconds=0.3))
    assert time.monotonic() - start < 5


@given(places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20), keep=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.gif", "a.ts"])
def test_whatever_is_damaged_ends_in_frames_or_in_one_line(tmp_path_factory, name, places, keep):
    folder = Path(tmp_path_factory.getbasetemp())
    whole = folder / f"whole-{name}"
    data = bytearray((whole if whole.exists() else write_numbered(whole, 12)).read_bytes())
    for place, value in places:
        data[int(place * (len(data) - 1))] = value
    damaged = folder / f"damaged-{name}"
    damaged.write_bytes(data[: int(keep * len(data))] if keep < 0.5 else data)
    try:
        frames_FCHW, message = decode_video(damaged, MediaConfig()).frames_FCHW, f"{damaged}: fine"
    except MediaError as error:
        frames_FCHW, message = torch.zeros(1, 3, 1, 1, dtype=torch.uint8), str(error)
    assert message.startswith(f"{damaged}: ")
    assert "\n" not in message
    assert frames_FCHW.dtype == torch.uint8
    assert frames_FCHW.shape[1] == 3


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
@pytest.mark.parametrize(
    ("name", "frames", "fps", "size"),
    [
        ("real-video-10s-640x360.mp4", 16, 1.6, (360, 640)),
        ("real-video-22s-640x360.mp4", 16, 16 * 22.29 / 491, (360, 640)),
        ("real-video-5s-480x320.mp4", 10, 10 / 5.12, (320, 480)),
    ],
)
def test_real_videos(name, frames, fps, size):
    video = decode_video(SHARED / name, MediaConfig())
    assert video.frames_FCHW.shape == (frames, 3, *size)
    assert video.fps == pytest.approx(fps)
    assert video.frames_FCHW.float().std() > 10
