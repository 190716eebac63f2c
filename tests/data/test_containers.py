import os
import time
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.data.clips import write_numbered
from video_ktr.data.containers import check_file, count_packets, frame_rate, open_video
from video_ktr.data.decode import decode_video
from video_ktr.data.frames import MediaConfig
from video_ktr.data.time_limit import Deadline
from video_ktr.errors import MediaError


def refuse(path: Path | str) -> str:
    """The one line with which a file is refused, without the path that it begins with."""
    with pytest.raises(MediaError) as caught:
        decode_video(Path(path), MediaConfig())
    message = str(caught.value)
    assert message.startswith((f"{path}: ", f"{str(path)!r}: "))
    assert "\n" not in message
    return message


def test_missing_empty_and_foreign_files(tmp_path):
    assert "no such file" in refuse(tmp_path / "none.mp4")
    assert "is not a file but a folder" in refuse(tmp_path)
    assert "File name too long" in refuse("a" * 5000)
    assert "null byte" in refuse("a\0.mp4")
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
        ("cut.webm", {}),
        ("cut.avi", {}),
        ("cut.gif", {}),
    ],
)
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_cut_files(tmp_path, name, options, share):
    path = write_numbered(tmp_path / name, 200, **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert ("cannot be opened" if name == "index_last.mp4" else "cut short") in refuse(path)


def silence() -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 16000, 0, Fraction(1, 16000)
    return frame


def test_an_mp4_with_sound_alone(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        container.mux([*stream.encode(silence()), *stream.encode()])
    assert "no video stream" in refuse(path)


def test_pipes_and_devices_are_refused_unopened(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    start = time.monotonic()
    for path in (tmp_path / "pipe.mp4", Path("/dev/zero")):
        with pytest.raises(MediaError, match="is not a file but a pipe or a device"):
            check_file(path)
        assert "is not a file" in refuse(path)
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp4"])
def test_lists_of_other_files_are_not_followed(tmp_path, name):
    write_numbered(tmp_path / "a.ts", 20)
    lists = {
        "live": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2.0,\na.ts\n",  # without an end: read for ever
        "concat": "ffconcat version 1.0\nfile a.ts\n",
    }
    for text in lists.values():
        (tmp_path / name).write_text(text, encoding="ascii")
        assert "cannot be opened as a video" in refuse(tmp_path / name)


@pytest.mark.parametrize("name", ["concat:a.mp4", "frame%03d.mp4", "-a.mp4", "b\udcff.mp4"])
def test_names_are_names_and_nothing_else(tmp_path, name):
    assert (
        decode_video(write_numbered(tmp_path / "plain.mp4", 8).rename(tmp_path / name), MediaConfig()).num_frames == 4
    )


def test_a_codec_that_nobody_knows(tmp_path):
    path = write_numbered(tmp_path / "a.mp4", 8)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    assert "cannot be decoded; re-encode it" in refuse(path)


def test_metadata_in_another_encoding_do_no_harm(tmp_path):
    path = write_numbered(tmp_path / "a.mp4", 8)
    content = path.read_bytes()
    assert content.count(b"VideoHandler") == 1
    path.write_bytes(content.replace(b"VideoHandler", b"Vid\xe9oHandler"))
    assert decode_video(path, MediaConfig()).num_frames == 4


def test_the_cover_of_a_song_is_no_video(tmp_path):
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=16000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux([*sound.encode(silence()), *sound.encode()])
        container.mux([*cover.encode(av.VideoFrame(32, 32, "yuvj420p")), *cover.encode()])
    assert "no video stream" in refuse(path)


def test_packets_are_counted_and_timed_without_decoding(tmp_path):
    path = write_numbered(tmp_path / "a.mkv", 25)
    deadline = Deadline(path, 60)
    counted = count_packets(path, deadline)
    assert len(counted) == 25
    assert counted.duration(Fraction(10)) == pytest.approx(2.5)
    with open_video(path, deadline) as (container, stream):
        assert frame_rate(container, stream, 25, path) == 10
