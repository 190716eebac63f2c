"""Reading the wanted frames out of a video file, front to back, with PyAV.

F frames, H height and W width in pixels, C colour channels (red, green, blue).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from video_ktr.data.frames import MediaConfig, VideoFrames, frame_indices
from video_ktr.errors import MediaError

# Decoder threads cost more to start than a small clip takes to decode: 8 frames of 56 x 56 take 0.7 ms on one thread
# and 1.3 ms on automatic threads, while 240 frames of 640 x 360 take 600 ms and 125 ms. Pixels of the whole video.
# (The colour conversion always runs on one thread, for the same reason: it would add 2 ms to such a clip.)
_ONE_THREAD_PIXELS = 4_000_000
# A stream may end this much before the duration that its container states: writers round, and drop a last frame.
_CUT_SHORT_SECONDS = 0.5


def decode_video(path: Path, config: MediaConfig) -> VideoFrames:
    """Decode the frames that `frame_indices` chooses, in one pass that keeps only these in memory.

    The number of frames comes from the container, or from counting its packets where it states none. Where decoding
    shows that number to be wrong (clips cut without re-encoding), the choice is made again with the true number and a
    second pass reads it. Rotation metadata is applied. A stream that changes its frame size is scaled to its first.

    Raises MediaError, naming the file, when it is missing, empty, not a media file, without a video stream (the cover
    picture of a song is none), cut short, or fails while decoding. Not seen: damage that the decoder conceals, and a
    missing end where the container states no length (GIF, MPEG-TS).
    """
    check_file(path)
    total = 0
    while True:
        with _open_video(path) as (container, stream):
            total = total or stream.frames or _count_packets(path)
            if total == 0:
                raise MediaError(f"{path}: has a video stream but no frames; remove it or replace the file")
            rate = _frame_rate(container, stream, total, path)
            indices = frame_indices(total, float(total / rate), config)
            frames_by_index, decoded = _decode_wanted(container, stream, set(indices), total, path)
        if decoded == 0:
            raise MediaError(f"{path}: no frame can be decoded; remove it or replace the file")
        if decoded == total:
            break
        total = decoded
    # numpy moves the channels because torch would share this small copy out over threads.
    frames_FHWC = np.stack([frames_by_index[index] for index in indices])
    frames_FCHW = torch.from_numpy(np.ascontiguousarray(frames_FHWC.transpose(0, 3, 1, 2)))
    return VideoFrames(frames_FCHW, float(len(indices) * rate / total), str(path))


def check_file(path: Path) -> None:
    """Raise MediaError unless `path` is a file that holds something."""
    if not path.exists():
        raise MediaError(f"{path}: no such file; check the path and the media root")
    if not path.is_file():
        raise MediaError(f"{path}: is not a file; give the path of one video or image")
    if path.stat().st_size == 0:
        raise MediaError(f"{path}: the file is empty (0 bytes); download it again")


@contextmanager
def _open_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{path}: cannot be opened as a video ({error.strerror}); replace the file") from error
    with container:
        streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        if not streams:
            raise MediaError(f"{path}: has no video stream; give a file with pictures")
        yield container, streams[0]


def _count_packets(path: Path) -> int:
    # Matroska and WebM end silently where the file was cut, but state how long the stream should be.
    count, end = 0, Fraction(0)
    with _open_video(path) as (container, stream):
        stated = _matroska_seconds(stream.metadata.get("DURATION", ""))
        for packet in _packets(container, stream, path):
            count += packet.size > 0
            if packet.pts is not None:
                end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
    if stated - end > _CUT_SHORT_SECONDS:
        raise MediaError(
            f"{path}: cut short, it holds {float(end):.1f} of {float(stated):.1f} seconds; download it again"
        )
    return count


def _matroska_seconds(duration: str) -> Fraction:
    """Read "00:01:06.500000000"; 0 where there is none or it is written otherwise."""
    match = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", duration)
    return Fraction(0) if match is None else Fraction(match[1]) * 3600 + Fraction(match[2]) * 60 + Fraction(match[3])


def _frame_rate(container: InputContainer, stream: VideoStream, total: int, path: Path) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate
    if rate:
        return rate
    if container.duration:
        return Fraction(total * av.time_base, container.duration)
    raise MediaError(f"{path}: states neither a frame rate nor a duration; re-encode it")


def _decode_wanted(
    container: InputContainer, stream: VideoStream, wanted: set[int], total: int, path: Path
) -> tuple[dict[int, NDArray[np.uint8]], int]:
    size = path.stat().st_size
    if any(entry.pos + entry.size > size for entry in stream.index_entries):
        raise MediaError(f"{path}: cut short, its index points past the end of the file; download it again")
    context = stream.codec_context
    if context.width * context.height * total < _ONE_THREAD_PIXELS:
        context.thread_count = 1
    else:
        stream.thread_type = "AUTO"
    reformatter = VideoReformatter()
    kept: dict[int, NDArray[np.uint8]] = {}
    width, height, decoded = 0, 0, 0
    for frame in _frames(container, stream, path):
        if decoded == 0:
            width, height = frame.width, frame.height
        if decoded in wanted:
            picture = reformatter.reformat(frame, width=width, height=height, format="rgb24", threads=1)
            # PyAV's rotation is counterclockwise in degrees, as rot90 turns.
            kept[decoded] = np.rot90(picture.to_ndarray(), k=round(frame.rotation / 90))
        decoded += 1
    return kept, decoded


def _packets(container: InputContainer, stream: VideoStream, path: Path) -> "Iterator[av.Packet[VideoStream]]":
    count = 0
    try:
        for packet in container.demux(stream):
            if packet.is_corrupt:
                raise MediaError(f"{path}: cut short or damaged after {count} frames; download it again")
            yield packet
            count += 1
    except av.FFmpegError as error:
        raise MediaError(f"{path}: fails after {count} frames ({error.strerror}); replace the file") from error


def _frames(container: InputContainer, stream: VideoStream, path: Path) -> Iterator[VideoFrame]:
    count = 0
    for packet in _packets(container, stream, path):
        try:
            frames = packet.decode()
        except av.FFmpegError as error:
            raise MediaError(
                f"{path}: decodes {count} frames and then fails ({error.strerror}); replace the file"
            ) from error
        for frame in frames:
            yield frame
            count += 1
