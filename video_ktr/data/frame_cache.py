"""Decoded frames kept on disk, so that a video is decoded once for many epochs and trials.

F frames, H height and W width in pixels, C colour channels (red, green, blue).
"""

import hashlib
import json
import logging
import os
import zlib
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import av
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from video_ktr.data.bounded_folder import BoundedFolder
from video_ktr.data.media import MediaConfig, VideoFrames, VideoSource, load_video
from video_ktr.data.media_hash import MediaHashes
from video_ktr.data.schema import IMAGE_SUFFIXES

DECODER_VERSION = 1
"""Raised whenever `decode_video` gives other frames, rates or times for the same file than it did before."""
_NOT_IN_FRAMES = frozenset(
    {"min_pixels", "max_pixels", "image_min_pixels", "image_max_pixels", "slot_seconds", "time_limit_seconds"}
)
"""Fields of `MediaConfig` that leave the decoded frames alone; a field that is not named here makes other entries."""

logger = logging.getLogger(__name__)


class FrameCache:
    """`load_video` through a folder of decoded frames.

    An entry holds what `load_video` returned for a video file: the sampled frames as they were decoded, before the
    processor resizes them. Scaled frames would be smaller, but resizing twice gives other pixels; so every result is
    bit-identical to one without a cache. An entry is found by the SHA-256 of the file's content and its suffix, the
    fields of `MediaConfig` that decide the frames, `DECODER_VERSION` and the version of PyAV. The SHA-256 is remembered
    by path, size and time of change (`MediaHashes`): from the second use on, nothing of the video is read.

    Entries are safetensors files of frames, times and a checksum, in a `BoundedFolder`: many processes may share it. A
    damaged entry is decoded anew and replaced, with a warning. The database of hashes, about 200 bytes a video, is not
    counted in the bound.

    Arrays, lists of images, still images and folders of frames pass by. Errors are not kept.

    Args:
        folder: Made where it is missing; best on a local disk.
        max_bytes: Bound of the sum of all entries.

    Raises:
        ConfigError: The folder cannot be made, or `max_bytes` is not above 0.
    """

    def __init__(self, folder: str | Path, max_bytes: int = 20 * 2**30):
        self.entries = BoundedFolder(folder, max_bytes, suffix=".safetensors")

    def load_video(self, source: VideoSource, config: MediaConfig) -> VideoFrames:
        """As `load_video`, with its errors; decoded only where the folder has no entry of it.

        Raises:
            MediaError: As `load_video`.
            DataError: The database of hashes cannot be opened.
        """
        path = _video_file(source)
        name = None if path is None else self._name(path, config)
        if path is None or name is None:
            return load_video(source, config)
        found = self._read(name, path)
        if found is None:
            before = _state(path)
            found = load_video(path, config)
            # A file that is being written now may not be what was hashed.
            if _state(path) == before:
                self.entries.write(name, _pack(found))
        return found

    def _name(self, path: Path, config: MediaConfig) -> str | None:
        # Opened for each video: a connection does not survive the fork of a loader worker.
        with MediaHashes(self.entries.path / "hashes.sqlite") as hashes:
            content = hashes.sha256(path)
        if content is None:
            return None
        fields = {name: value for name, value in asdict(config).items() if name not in _NOT_IN_FRAMES}
        key = json.dumps([content, path.suffix.lower(), fields, DECODER_VERSION, av.__version__], sort_keys=True)
        return hashlib.sha256(key.encode()).hexdigest()

    def _read(self, name: str, path: Path) -> VideoFrames | None:
        try:
            content = self.entries.read(name)
            if content is None:
                return None
            stored = load(content)
            frames_FCHW, times = stored["frames"], stored["times"]
            damage = "" if torch.equal(_checksum(frames_FCHW, times), stored["checksum"]) else "wrong checksum"
        except (OSError, KeyError, SafetensorError) as error:
            damage = str(error) or type(error).__name__
        if damage:
            logger.warning("frame cache: the entry of %s is damaged (%s); it is made anew", path, damage)
            return None
        fps, *seconds = times.tolist()
        return VideoFrames(frames_FCHW, fps, str(path), tuple(seconds))


def _video_file(source: VideoSource) -> Path | None:
    """The file that `load_video` would decode as a video; None for every other kind of source."""
    if isinstance(source, dict) and source.get("bytes") is None and source.get("path"):
        source = str(source["path"])
    if not isinstance(source, str | Path) or not os.path.isfile(source):
        return None
    path = Path(source)
    return None if path.suffix.lower() in IMAGE_SUFFIXES else path


def _state(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        state = path.stat()
        return state.st_size, state.st_mtime_ns
    return None


def _pack(video: VideoFrames) -> bytes:
    times = torch.tensor([video.fps, *video.seconds], dtype=torch.float64)
    frames_FCHW = video.frames_FCHW.contiguous()
    return bytes(save({"frames": frames_FCHW, "times": times, "checksum": _checksum(frames_FCHW, times)}))


def _checksum(frames_FCHW: Tensor, times: Tensor) -> Tensor:
    return torch.tensor(zlib.crc32(frames_FCHW.numpy().data, zlib.crc32(times.numpy().data)))
