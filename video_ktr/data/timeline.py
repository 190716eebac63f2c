"""At which time a frame is shown, whatever the frame rate does."""

from array import array
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from av import Packet, VideoFrame
from av.video.stream import VideoStream


class Timeline:
    """The time stamps of a video's frames, or of its packets, collected as they come by.

    Seconds, counted from the first one shown. Where a time stamp is missing, all are taken as evenly spaced by `rate`,
    the frames per second that the container states.
    """

    def __init__(self) -> None:
        self._starts = array("d")
        self._latest = self._latest_lasts = 0.0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, item: "Packet[VideoStream] | VideoFrame") -> None:
        """Note when the next one is shown; packets may come in another order than they are shown."""
        self._count += 1
        if item.pts is None or item.time_base is None:
            return
        start = float(item.pts * item.time_base)
        if not self._starts or start >= self._latest:
            self._latest, self._latest_lasts = start, float((item.duration or 0) * item.time_base)
        self._starts.append(start)

    def duration(self, rate: Fraction) -> float:
        """From the first one shown to the end of the last; one of unknown length lasts as long as the mean of the rest.

        Example: frames at 0, 0.1 and 0.9 seconds, the last of which lasts 0.1 seconds, give 1.0.
        """
        if not self._stamped:
            return float(self._count / rate)
        between = self._latest - min(self._starts)
        if self._latest_lasts > 0:
            return between + self._latest_lasts
        return between * self._count / (self._count - 1) if between > 0 else float(self._count / rate)

    def seconds_of(self, indices: Sequence[int], rate: Fraction) -> tuple[float, ...]:
        """When the frames of these indices are shown; the first frame is at 0. Frames only, in the order shown.

        Time stamps that do not rise from one frame to the next are as good as missing.
        """
        if self._stamped and all(earlier < later for earlier, later in pairwise(self._starts)):
            return tuple(self._starts[index] - self._starts[0] for index in indices)
        return tuple(float(index / rate) for index in indices)

    @property
    def _stamped(self) -> bool:
        return len(self._starts) == self._count > 0
