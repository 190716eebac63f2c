"""What the app takes from those who use it: how large a file, how long a video, how many questions at once."""

from dataclasses import dataclass
from pathlib import Path

from video_ktr.data.containers import check_file, count_packets, frame_rate, open_video
from video_ktr.data.time_limit import Deadline
from video_ktr.errors import ConfigError, MediaError


@dataclass(frozen=True, kw_only=True)
class UploadLimits:
    """Bounds of what is uploaded and asked.

    Raises ConfigError for one that is not above 0.
    """

    megabytes: int = 200
    """Size of a file, in units of 2**20 bytes."""
    seconds: float = 120.0
    """Length of a video."""
    waiting: int = 8
    """Questions that wait while another is answered."""

    def __post_init__(self) -> None:
        for name in ("megabytes", "seconds", "waiting"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"the limit {name} is {getattr(self, name)}: give a number above 0")


def require_short(path: Path, limits: UploadLimits, time_limit_seconds: float) -> None:
    """Raise MediaError for a video longer than the limit, and for a file that is no video.

    The length comes from the time stamps of all its packets, which are read but not decoded: a header may state less.
    """
    check_file(path)
    deadline = Deadline(path, time_limit_seconds)
    timeline = count_packets(path, deadline)
    with open_video(path, deadline) as (container, stream):
        seconds = timeline.duration(frame_rate(container, stream, len(timeline), path))
    if seconds > limits.seconds:
        raise MediaError(
            f"{path}: lasts {seconds:.1f} seconds, and the limit is {limits.seconds:g}; give a shorter video"
        )
