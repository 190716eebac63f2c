"""Reading the wanted frames out of a video file, front to back, with PyAV.

F frames, H height and W width in pixels, C colour channels (red, green, blue).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from video_ktr.data.containers import (
    CUT_SHORT_SECONDS,
    check_file,
    count_packets,
    frame_rate,
    open_video,
    packets,
    require_whole_file,
)
from video_ktr.data.frames import MediaConfig, VideoFrames, frame_indices
from video_ktr.data.resizing import fitted_size, kept_pixels
from video_ktr.data.time_limit import Deadline
from video_ktr.data.timeline import Timeline
from video_ktr.errors import MediaError

# Decoder threads cost more to start than a small clip takes to decode: 8 frames of 56 x 56 take 0.7 ms on one thread
# and 1.3 ms on automatic threads, while 240 frames of 640 x 360 take 600 ms and 125 ms. Pixels of the whole video.
# (The colour conversion always runs on one thread, for the same reason: it would add 2 ms to such a clip.)
_ONE_THREAD_PIXELS = 4_000_000


@dataclass(frozen=True, eq=False)
class _Stated:
    """What the container says, or what replaced it."""

    total: int
    """Frames of the whole video."""
    seconds: float
    rate: Fraction
    """Frames per second, the mean where it is known."""


def decode_video(path: Path, config: MediaConfig) -> VideoFrames:
    """Decode the frames that `frame_indices` chooses, in one pass that keeps only these in memory.

    The number of frames comes from the container, or from counting its packets where it states none, and the duration
    is that number over the stated mean frame rate: the released rule. Where the frame rate varies so that counted time
    stamps contradict this by over half a second, they decide. Where decoding shows the number of frames to be wrong
    (clips cut without re-encoding), the choice is made again with the true number, and a second pass reads it. Frames
    are evenly spaced by index, not by time; `VideoFrames.seconds` says when each is shown.

    Rotation metadata is applied. A stream that changes its frame size is scaled to its first. Frames above the bound
    of `kept_pixels` are shrunk to it.

    Raises MediaError, naming the file, when it is missing, empty, not a media file, without a video stream (the cover
    picture of a song is none), cut short, too large a picture, or fails while decoding, and after
    ``config.time_limit_seconds``. Not seen: damage that the decoder conceals, and a missing end where the container
    states no length (MPEG-TS, FLV).
    """
    check_file(path)
    deadline = Deadline(path, config.time_limit_seconds)
    stated: _Stated | None = None
    while True:
        with open_video(path, deadline) as (container, stream):
            stated = stated or _stated_of(container, stream, path, deadline)
            if stated.total == 0:
                raise MediaError(f"{path}: has a video stream but no frames; remove it or replace the file")
            indices = frame_indices(stated.total, stated.seconds, config)
            _choose_threads(stream, stated.total, config)
            reader = _Reader(indices, kept_pixels(config.max_pixels))
            _read(reader, container, stream, path, deadline)
        shown = reader.timeline
        if len(shown) == 0:
            raise MediaError(f"{path}: no frame can be decoded; remove it or replace the file")
        if len(shown) == stated.total:
            break
        stated = _Stated(len(shown), _seconds(shown, stated.rate), stated.rate)
    fps = len(indices) / shown.duration(stated.rate)
    return VideoFrames(torch.from_numpy(reader.frames_FCHW), fps, str(path), shown.seconds_of(indices, stated.rate))


def _stated_of(container: InputContainer, stream: VideoStream, path: Path, deadline: Deadline) -> _Stated:
    require_whole_file(path, stream)
    if stream.frames:
        rate = frame_rate(container, stream, stream.frames, path)
        return _Stated(stream.frames, float(stream.frames / rate), rate)
    counted = count_packets(path, deadline)
    rate = frame_rate(container, stream, len(counted), path)
    return _Stated(len(counted), _seconds(counted, rate), rate)


def _seconds(timeline: Timeline, rate: Fraction) -> float:
    """The released rule's number of frames over their mean rate, unless the time stamps contradict it."""
    by_rate, by_stamps = float(len(timeline) / rate), timeline.duration(rate)
    return by_rate if abs(by_rate - by_stamps) <= CUT_SHORT_SECONDS else by_stamps


def _choose_threads(stream: VideoStream, total: int, config: MediaConfig) -> None:
    pixels = stream.width * stream.height
    if pixels * total < _ONE_THREAD_PIXELS:
        stream.codec_context.thread_count = 1
    else:
        # A thread for each frame holds as many frames at once: too much memory for enormous ones.
        stream.thread_type = "AUTO" if pixels <= kept_pixels(config.max_pixels) else "SLICE"


class _Reader:
    """Keeps the wanted ones of the frames handed to it, as rows of one array."""

    def __init__(self, indices: Sequence[int], most_pixels: int):
        self._most_pixels = most_pixels
        self.timeline = Timeline()
        self.frames_FCHW: NDArray[np.uint8] = np.empty((0, 3, 0, 0), np.uint8)
        self._slots = {index: slot for slot, index in enumerate(indices)}
        self._reformatter = VideoReformatter()
        self._size, self._turns = (0, 0), 0

    def take(self, frame: VideoFrame) -> None:
        if len(self.timeline) == 0:
            self._start(frame)
        slot = self._slots.get(len(self.timeline))
        self.timeline.add(frame)
        if slot is None:
            return
        width, height = self._size
        # Without shrinking, the library's own choice: it decides how colours are interpolated.
        interpolation = "AREA" if frame.width * frame.height > self._most_pixels else None
        picture = self._reformatter.reformat(
            frame, width=width, height=height, format="rgb24", interpolation=interpolation, threads=1
        )
        self.frames_FCHW[slot] = np.rot90(picture.to_ndarray(), k=self._turns).transpose(2, 0, 1)

    def _start(self, first: VideoFrame) -> None:
        self._size = width, height = fitted_size(first.width, first.height, self._most_pixels)
        # PyAV's rotation is counterclockwise in degrees, as rot90 turns.
        self._turns = round(first.rotation / 90)
        upright = (width, height) if self._turns % 2 else (height, width)
        self.frames_FCHW = np.empty((len(self._slots), 3, *upright), np.uint8)


def _read(reader: _Reader, container: InputContainer, stream: VideoStream, path: Path, deadline: Deadline) -> None:
    try:
        for packet in packets(container, stream, path, deadline):
            for frame in packet.decode():
                deadline.check()
                reader.take(frame)
    except av.FFmpegError as error:
        raise MediaError(
            f"{path}: decodes {len(reader.timeline)} frames and then fails ({error.strerror}); replace the file"
        ) from error
