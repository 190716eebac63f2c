"""Small video files whose pictures say which frame they are."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch


def write_numbered(
    path: Path,
    count: int,
    *,
    rate: int = 10,
    codec: str = "",
    rotation: int = 0,
    size: tuple[int, int] = (64, 32),
    times: Sequence[float] | None = None,
    **options: object,
) -> Path:
    """Frame i is grey of level 4 i, left half black; noise would hide nothing. `times` in seconds, else even."""
    codec = codec or {".gif": "gif", ".avi": "mpeg4", ".webm": "libvpx-vp9"}.get(path.suffix, "libx264")
    width, height = size
    with av.open(str(path), "w", options={key: str(value) for key, value in options.items()}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = {"gif": "rgb8", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        for index in range(count):
            frame = np.zeros((height, width, 3), np.uint8)
            frame[:, width // 2 :] = 4 * index % 256
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=stream.pix_fmt)
            if times:
                picture.pts, picture.time_base = round(1000 * times[index]), Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def levels(frames_FCHW: torch.Tensor) -> list[float]:
    """The frame number that each frame's right half shows, halfway in it."""
    column = frames_FCHW.shape[-1] * 3 // 4
    return (frames_FCHW[..., column].float().mean(dim=(1, 2)) / 4).tolist()
