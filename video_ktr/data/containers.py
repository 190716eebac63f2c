"""Opening video files, and what their containers state about length and frame rate."""

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from video_ktr.data.resizing import MOST_PIXELS, require_usable_size
from video_ktr.data.time_limit import Deadline
from video_ktr.data.timeline import Timeline
from video_ktr.errors import MediaError

CUT_SHORT_SECONDS = 0.5
"""A stream may end this much before the length that its container states: writers round, and drop a last frame."""
# Files that hold their pictures themselves. Left out are lists of other files and addresses (HLS, DASH, concat, SDP,
# numbered images): they would read what the data set does not name, and a live one never ends.
_FORMATS = (
    "mov,matroska,avi,gif,mpegts,mpeg,mpegvideo,flv,asf,ogg,rm,mxf,nut,ivf,dv,apng,yuv4mpegpipe,h264,hevc,av1,m4v,"
    "wav,mp3,flac,aac"
)
# For pictures that grow on the way, and for those that the library decodes while it opens the file.
_OPTIONS = {"max_pixels": str(MOST_PIXELS)}


def check_file(path: Path) -> None:
    """Raise MediaError unless `path` is a file that holds something; pipes and devices are never opened."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaError(f"{path}: no such file; check the path and the media root") from error
    except (OSError, ValueError) as error:
        # A zero byte in the path, a name too long, a folder that may not be read.
        reason = error.strerror if isinstance(error, OSError) else error
        raise MediaError(f"{str(path)!r}: cannot be looked at ({reason}); check the path") from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
        raise MediaError(f"{path}: is not a file but {kind}; give the path of one video or image")
    if status.st_size == 0:
        raise MediaError(f"{path}: the file is empty (0 bytes); download it again")


@contextmanager
def open_video(path: Path, deadline: Deadline) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its first video stream that is not the cover picture of a song.

    Raises MediaError, naming the file, when it is not a media file of its own, is protected, has no video stream or
    none that can be decoded, when its pictures are of an unusable size, and when reading takes too long.
    """
    try:
        container = av.open(
            f"file:{path}",
            options=_OPTIONS,
            container_options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"},
            metadata_errors="replace",
            timeout=deadline.seconds_left,
        )
    except (av.FFmpegError, OSError) as error:
        deadline.check()
        raise MediaError(f"{path}: cannot be opened as a video ({error.strerror}); replace the file") from error
    with container:
        streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        if not streams:
            raise MediaError(f"{path}: has no video stream; give a file with pictures")
        if streams[0].codec_context is None:
            raise MediaError(f"{path}: its video is coded in a way that cannot be decoded; re-encode it")
        width, height = streams[0].width, streams[0].height
        if width < 1 or height < 1:
            # What the decoder leaves when it is forbidden to look at a picture above the limit.
            raise MediaError(
                f"{path}: its pictures have no size, or more than {MOST_PIXELS} pixels; store them smaller"
            )
        require_usable_size(width, height, str(path))
        streams[0].codec_context.options = _OPTIONS
        yield container, streams[0]


def packets(
    container: InputContainer, stream: VideoStream, path: Path, deadline: Deadline
) -> "Iterator[av.Packet[VideoStream]]":
    """The stream's packets; raises MediaError for one that is damaged, and when time is up."""
    count = 0
    try:
        for packet in container.demux(stream):
            deadline.check()
            if packet.is_corrupt:
                raise MediaError(f"{path}: cut short or damaged after {count} frames; download it again")
            yield packet
            count += 1
    except av.FFmpegError as error:
        deadline.check()
        raise MediaError(f"{path}: fails after {count} frames ({error.strerror}); replace the file") from error


def count_packets(path: Path, deadline: Deadline) -> Timeline:
    """When each frame is shown, for a container that does not state their number; read through, not decoded.

    Raises MediaError when the file ends well before the length that it states. Matroska and WebM end silently where
    they were cut.
    """
    timeline, end = Timeline(), Fraction(0)
    with open_video(path, deadline) as (container, stream):
        stated = _matroska_seconds(stream.metadata.get("DURATION", ""))
        for packet in packets(container, stream, path, deadline):
            if packet.size:
                timeline.add(packet)
            if packet.pts is not None:
                end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
    if stated - end > CUT_SHORT_SECONDS:
        raise MediaError(
            f"{path}: cut short, it holds {float(end):.1f} of {float(stated):.1f} seconds; download it again"
        )
    return timeline


def require_whole_file(path: Path, stream: VideoStream) -> None:
    """Raise MediaError when the file is shorter than its index, its AVI header or the end mark of a GIF tell."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(max(size - 64, 0))
        tail = file.read()
    if any(entry.pos + entry.size > size for entry in stream.index_entries):
        raise MediaError(f"{path}: cut short, its index points past the end of the file; download it again")
    if head[:4] == b"RIFF" and 8 + int.from_bytes(head[4:8], "little") > size:
        raise MediaError(f"{path}: cut short, its header states more bytes than the file has; download it again")
    if head[:3] == b"GIF" and not tail.rstrip(b"\0").endswith(b";"):
        raise MediaError(f"{path}: cut short, the mark at the end of a GIF is missing; download it again")


def frame_rate(container: InputContainer, stream: VideoStream, total: int, path: Path) -> Fraction:
    """Frames per second as the container states them, the mean over the video where it knows it."""
    rate = stream.average_rate or stream.guessed_rate
    if rate and rate > 0:
        return rate
    if container.duration and container.duration > 0:
        return Fraction(max(total, 1) * av.time_base, container.duration)
    raise MediaError(f"{path}: states neither a frame rate nor a duration; re-encode it")


def _matroska_seconds(duration: str) -> Fraction:
    """Read "00:01:06.500000000"; 0 where there is none or it is written otherwise."""
    match = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", duration)
    return Fraction(0) if match is None else Fraction(match[1]) * 3600 + Fraction(match[2]) * 60 + Fraction(match[3])
