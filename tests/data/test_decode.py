import os
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from video_ktr.data.decode import decode_video
from video_ktr.data.frames import MediaConfig
from video_ktr.errors import MediaError

SHARED = Path(os.environ.get("VIDEO_KTR_SHARED_DATA", Path(__file__).resolve().parents[2] / "../shared/data"))


def write_numbered(path: Path, count: int, *, rate: int = 10, codec: str = "libx264", rotation: int = 0, **options):
    """Frame i is grey of level 4 i, left half black; noise would hide nothing."""
    with av.open(str(path), "w", options={key: str(value) for key, value in options.items()}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "rgb8" if codec == "gif" else "yuv420p"
        if rotation:
            stream.set_display_rotation(rotation)
        for index in range(count):
            frame = np.zeros((32, 64, 3), np.uint8)
            frame[:, 32:] = 4 * index
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=stream.pix_fmt)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def levels(frames_FCHW: torch.Tensor) -> list[float]:
    """The frame number that each frame's right half shows."""
    return (frames_FCHW[..., 48].float().mean(dim=(1, 2)) / 4).tolist()


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.gif"])
def test_the_wanted_frames_come_in_order(tmp_path, name):
    codec = {".gif": "gif", ".avi": "mpeg4"}.get(Path(name).suffix, "libx264")
    video = decode_video(write_numbered(tmp_path / name, 61, codec=codec), MediaConfig())
    assert video.num_frames == 12  # 2 a second of 6.1 seconds
    assert video.frames_FCHW.shape == (12, 3, 32, 64)
    assert video.frames_FCHW.dtype == torch.uint8
    assert video.frames_FCHW.is_contiguous()
    assert video.fps == pytest.approx(12 / 6.1, abs=0.02)
    expected = torch.linspace(0, 60, 12).round().tolist()
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


def test_missing_empty_and_foreign_files(tmp_path):
    assert "no such file" in refuse(tmp_path / "none.mp4")
    assert "is not a file" in refuse(tmp_path)
    (tmp_path / "empty.mp4").write_bytes(b"")
    assert "0 bytes" in refuse(tmp_path / "empty.mp4")
    (tmp_path / "words.mp4").write_bytes(b"these are words, not a film. " * 50)
    assert "cannot be opened as a video" in refuse(tmp_path / "words.mp4")


def test_sound_without_pictures(tmp_path):
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    assert "no video stream" in refuse(path)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("index_last.mp4", {}),
        ("index_first.mp4", {"movflags": "faststart"}),
        ("fragments.mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("cut.mkv", {}),
    ],
)
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_cut_files(tmp_path, name, options, share):
    path = write_numbered(tmp_path / name, 60, **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert ("cannot be opened" if name == "index_last.mp4" else "cut short") in refuse(path)


def test_a_file_that_fails_on_the_way_says_how_far_it_came(tmp_path):
    path = write_numbered(tmp_path / "a.mp4", 60, codec="mpeg4")
    with av.open(str(path)) as container:
        entries = list(container.streams.video[0].index_entries)
    data = bytearray(path.read_bytes())
    for entry in entries[30:]:
        data[entry.pos : entry.pos + entry.size] = bytes(entry.size)
    path.write_bytes(data)
    assert "frames and then fails" in refuse(path)


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
