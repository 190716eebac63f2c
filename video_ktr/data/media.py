"""Videos and images in, uint8 tensors out; and small video files written.

F frames, H height and W width in pixels, C colour channels (red, green, blue).
"""

import os
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

import av
import numpy as np
import torch
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from video_ktr.data.containers import check_file
from video_ktr.data.decode import decode_video
from video_ktr.data.frames import MediaConfig, VideoFrames, array_indices, frame_indices
from video_ktr.data.image_folder import frame_files
from video_ktr.data.pixels import channels_first, from_lists
from video_ktr.data.resizing import draft_smaller, kept_pixels, load_rgb, require_usable_size
from video_ktr.data.schema import IMAGE_SUFFIXES
from video_ktr.data.time_limit import Deadline
from video_ktr.errors import ConfigError, MediaError

__all__ = ["MediaConfig", "VideoFrames", "frame_indices", "load_image", "load_video", "write_video"]


class StoredFile(TypedDict):
    """A file as `datasets` stores it in a row: its content, or where it lies."""

    bytes: bytes | None
    path: str | None


ImageSource: TypeAlias = str | Path | Image.Image | NDArray[Any] | Tensor | StoredFile | Sequence[Any]
VideoSource: TypeAlias = str | Path | NDArray[Any] | Tensor | StoredFile | Sequence[ImageSource]


def load_video(source: VideoSource, config: MediaConfig) -> VideoFrames:
    """Sample the frames of a video, unscaled; only enormous ones are shrunk (see `resizing.kept_pixels`).

    A path is decoded by PyAV (a .gif too; see `decode_video`) and sampled by the rule of `frame_indices`. The path of a
    folder stands for the pictures in it, in natural order (see `frame_files`), and that of a still image (by suffix)
    for a video of one frame. Pictures of a folder, a sequence of images, each of any kind that `load_image` takes, or a
    uint8 array or tensor of shape (F, H, W, 3) or (F, 3, H, W), are taken as frames already sampled at ``config.fps``:
    they are only thinned out to ``max_frames`` and to a multiple of ``frame_factor``, evenly spaced; those left out are
    not opened. Where both shapes fit, channels are taken to be last. The result never shares memory with the source.

    Rows of a Hugging Face `Dataset` give back other kinds than they were made from. A list of PIL images returns as a
    list of dicts {"bytes": content, "path": None or a name}, frames as lists of lists of whole numbers: both are
    sequences of images. A whole video may be such a dict only when it holds a path alone.

    Raises MediaError for a file that cannot be decoded (the message names it) or not within
    ``config.time_limit_seconds``, for no frames, for frames of unequal size, for arrays of another type or shape, for
    numbers outside 0 to 255 and for any other kind of source.
    """
    if isinstance(source, dict) and source.get("bytes") is None and source.get("path"):
        source = str(source["path"])
    if isinstance(source, str | Path):
        path = Path(source)
        if os.path.isdir(path):
            return _from_images(frame_files(path), config, str(path))
        if path.suffix.lower() in IMAGE_SUFFIXES:
            return _from_images([path], config, str(path))
        return decode_video(path, config)
    if isinstance(source, np.ndarray | Tensor):
        frames_FCHW = channels_first(torch.as_tensor(source), dims=4)
        indices = array_indices(len(frames_FCHW), config)
        return _sampled(frames_FCHW[indices].contiguous(), indices, len(frames_FCHW), config)
    if isinstance(source, Sequence) and not isinstance(source, bytes):
        if not source:
            raise MediaError("a video given as a list of images is empty; give at least one frame")
        return _from_images(source, config)
    raise MediaError(f"a video is given as {type(source).__name__}; give a path, a list of images or an array")


def _from_images(images: Sequence[ImageSource], config: MediaConfig, name: str | None = None) -> VideoFrames:
    indices = array_indices(len(images), config)
    where = name or f"a video given as a list of {len(images)} images"
    deadline, frames = Deadline(where, config.time_limit_seconds), list[Tensor]()
    for index in indices:
        frames.append(load_image(images[index], config))
        deadline.check()
    for index, frame_CHW in zip(indices, frames, strict=True):
        if frame_CHW.shape != frames[0].shape:
            (_, h, w), (_, height, width) = frames[0].shape, frame_CHW.shape
            raise MediaError(
                f"{where}: frames of unequal size, the first {w} x {h}, number {index + 1} {width} x {height}; "
                "resize them to one size"
            )
    return _sampled(torch.stack(frames), indices, len(images), config, name)


def _sampled(
    frames_FCHW: Tensor, indices: Sequence[int], total: int, config: MediaConfig, name: str | None = None
) -> VideoFrames:
    seconds = tuple(index / config.fps for index in indices)
    return VideoFrames(frames_FCHW, config.fps * len(indices) / total, name or f"{total} frames in memory", seconds)


def load_image(source: ImageSource, config: MediaConfig) -> Tensor:
    """Load one image as a uint8 RGB tensor of shape (3, H, W), unscaled, turned as its EXIF orientation says.

    The pixel limits of `config` are applied where the image becomes patches. Here only an enormous image is shrunk, a
    JPEG while it is decoded (see `resizing.load_rgb`); one above `resizing.MOST_PIXELS` is refused.
    An array or tensor is uint8 of shape (H, W, 3) or (3, H, W). Of an animated file the first frame is taken.

    From a row of a Hugging Face `Dataset`: a dict {"bytes": content of an image file, "path": ...}, read from the bytes
    or, without them, from the path; and nested lists of whole numbers from 0 to 255, in one of the two shapes above.

    Raises MediaError, naming the file, when it is missing, empty, cut short, not an image or too large; for arrays of
    another type or shape, lists that are ragged or hold other numbers, and any other kind of source.
    """
    if isinstance(source, dict):
        content = source.get("bytes")
        if content is not None:
            return _open_image(BytesIO(content), config, f"the image stored as {source.get('path') or 'bytes'}")
        source = source.get("path") or ""
        if not source:
            raise MediaError("an image given as a dict has neither bytes nor a path; give {'bytes': ..., 'path': ...}")
    if isinstance(source, str | Path):
        path = Path(source)
        check_file(path)
        return _open_image(path, config, str(path))
    if isinstance(source, Image.Image):
        return _to_tensor(source, config, "an image given in memory")
    if isinstance(source, list | tuple):
        source = from_lists(source)
    if isinstance(source, np.ndarray | Tensor):
        return channels_first(torch.as_tensor(source), dims=3).clone(memory_format=torch.contiguous_format)
    raise MediaError(f"an image is given as {type(source).__name__}; give a path, a PIL image or an array")


def write_video(frames_FHWC: NDArray[np.uint8], path: str | Path, fps: float) -> None:
    """Write uint8 RGB frames of shape (F, H, W, 3) as an H.264 MP4 file; equal frames give equal bytes.

    Colour is stored at full resolution (yuv444p): the usual yuv420p smears colour at edges by two pixels, which is
    much of a 56 x 56 frame. Few browsers play such files; they are training data. Raises ConfigError for arrays of
    another shape or type, no frames, or a frame rate not above 0.
    """
    if frames_FHWC.ndim != 4 or frames_FHWC.shape[-1] != 3 or frames_FHWC.dtype != np.uint8 or frames_FHWC.size == 0:
        raise ConfigError(
            f"{path}: frames are {frames_FHWC.dtype} of shape {frames_FHWC.shape}; expected uint8 (F, H, W, 3), F > 0"
        )
    if not fps > 0:
        raise ConfigError(f"{path}: fps is {fps}; it must be above 0")
    # A fixed quantiser: with "crf" one in thirty encodings of the same frames came out different.
    options = {"qp": "12", "preset": "veryfast"}
    with av.open(str(path), "w", format="mp4", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(10_000), options=options)
        stream.height, stream.width = frames_FHWC.shape[1:3]
        stream.pix_fmt = "yuv444p"
        context: VideoCodecContext = stream.codec_context
        # The encoder's output may depend on its thread count.
        context.thread_count = 1
        for frame_HWC in frames_FHWC:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_HWC, format="rgb24")))
        container.mux(stream.encode())


def _open_image(file: Path | BytesIO, config: MediaConfig, name: str) -> Tensor:
    try:
        with Image.open(file) as image:
            draft_smaller(image, kept_pixels(config.image_max_pixels))
            return _to_tensor(image, config, name)
    except MediaError:
        raise  # names the file already; it is a ValueError too
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # PIL reports a damaged file through any of these, depending on the format.
        raise MediaError(f"{name}: cannot be read as an image ({error}); replace the file") from error


def _to_tensor(image: Image.Image, config: MediaConfig, name: str) -> Tensor:
    require_usable_size(image.width, image.height, name)
    rgb = load_rgb(image, kept_pixels(config.image_max_pixels))
    return torch.from_numpy(np.array(rgb)).movedim(-1, 0).contiguous()
