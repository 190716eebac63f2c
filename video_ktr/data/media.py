"""Videos and images in, uint8 tensors out; and small video files written.

F frames, H height and W width in pixels, C colour channels (red, green, blue).
"""

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
from PIL import Image, ImageOps
from torch import Tensor

from video_ktr.data.decode import check_file, decode_video
from video_ktr.data.frames import MediaConfig, VideoFrames, array_indices, frame_indices
from video_ktr.errors import ConfigError, MediaError

__all__ = ["MediaConfig", "VideoFrames", "frame_indices", "load_image", "load_video", "write_video"]


class StoredFile(TypedDict):
    """A file as `datasets` stores it in a row: its content, or where it lies."""

    bytes: bytes | None
    path: str | None


ImageSource: TypeAlias = str | Path | Image.Image | NDArray[Any] | Tensor | StoredFile | Sequence[Any]
VideoSource: TypeAlias = str | Path | NDArray[Any] | Tensor | StoredFile | Sequence[ImageSource]


def load_video(source: VideoSource, config: MediaConfig) -> VideoFrames:
    """Sample the frames of a video, unscaled.

    A path is decoded by PyAV (a .gif too; see `decode_video`) and sampled by the rule of `frame_indices`. A sequence
    of images, each of any kind that `load_image` takes, or a uint8 array or tensor of shape (F, H, W, 3) or
    (F, 3, H, W), is taken as frames already sampled at ``config.fps``: they are only thinned out to ``max_frames`` and
    to a multiple of ``frame_factor``, evenly spaced. Where both shapes fit, channels are taken to be last. The result
    never shares memory with the source.

    Rows of a Hugging Face `Dataset` give back other kinds than they were made from. A list of PIL images returns as a
    list of dicts {"bytes": content, "path": None or a name}, frames as lists of lists of whole numbers: both are
    sequences of images. A whole video may be such a dict only when it holds a path alone.

    Raises MediaError for a file that cannot be decoded (the message names it), for no frames, for frames of unequal
    size, for arrays of another type or shape, for numbers outside 0 to 255 and for any other kind of source.
    """
    if isinstance(source, dict) and source.get("bytes") is None and source.get("path"):
        source = str(source["path"])
    if isinstance(source, str | Path):
        return decode_video(Path(source), config)
    if isinstance(source, np.ndarray | Tensor):
        frames_FCHW = _channels_first(torch.as_tensor(source), dims=4)
    elif isinstance(source, Sequence) and not isinstance(source, bytes):
        if not source:
            raise MediaError("a video given as a list of images is empty; give at least one frame")
        frames = [load_image(image, config) for image in source]
        if any(frame_CHW.shape != frames[0].shape for frame_CHW in frames):
            raise MediaError("a video given as a list of images has frames of unequal size; resize them to one size")
        frames_FCHW = torch.stack(frames)
    else:
        raise MediaError(f"a video is given as {type(source).__name__}; give a path, a list of images or an array")
    indices = array_indices(frames_FCHW.shape[0], config)
    fps = config.fps * len(indices) / frames_FCHW.shape[0]
    return VideoFrames(frames_FCHW[indices].contiguous(), fps, f"{frames_FCHW.shape[0]} frames in memory")


def load_image(source: ImageSource, config: MediaConfig) -> Tensor:  # noqa: ARG001  # mirrors load_video; see below
    """Load one image as a uint8 RGB tensor of shape (3, H, W), unscaled, turned as its EXIF orientation says.

    `config` holds the pixel limits; they are applied where the image becomes patches, so nothing of it is used here.
    An array or tensor is uint8 of shape (H, W, 3) or (3, H, W). Of an animated file the first frame is taken.

    From a row of a Hugging Face `Dataset`: a dict {"bytes": content of an image file, "path": ...}, read from the bytes
    or, without them, from the path; and nested lists of whole numbers from 0 to 255, in one of the two shapes above.

    Raises MediaError, naming the file, when it is missing, empty, cut short, or not an image; for arrays of another
    type or shape, lists that are ragged or hold other numbers, and any other kind of source.
    """
    if isinstance(source, dict):
        content = source.get("bytes")
        if content is not None:
            return _open_image(BytesIO(content), f"the image stored as {source.get('path') or 'bytes'}")
        source = source.get("path") or ""
        if not source:
            raise MediaError("an image given as a dict has neither bytes nor a path; give {'bytes': ..., 'path': ...}")
    if isinstance(source, str | Path):
        path = Path(source)
        check_file(path)
        return _open_image(path, str(path))
    if isinstance(source, Image.Image):
        return _channels_first(torch.from_numpy(_to_array(source)), dims=3).contiguous()
    if isinstance(source, list | tuple):
        source = _from_lists(source)
    if isinstance(source, np.ndarray | Tensor):
        return _channels_first(torch.as_tensor(source), dims=3).clone(memory_format=torch.contiguous_format)
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


def _open_image(file: Path | BytesIO, name: str) -> Tensor:
    try:
        with Image.open(file) as image:
            picture = _to_array(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # PIL reports a damaged file through any of these, depending on the format.
        raise MediaError(f"{name}: cannot be read as an image ({error}); replace the file") from error
    return _channels_first(torch.from_numpy(picture), dims=3).contiguous()


def _from_lists(rows: Sequence[Any]) -> NDArray[np.uint8]:
    """Nested lists of whole numbers as an array."""
    try:
        values = np.asarray(rows)
    except ValueError as error:
        raise MediaError("pixels given as lists are ragged; give rows of equal length") from error
    if values.dtype.kind not in "iu":
        raise MediaError("pixels given as lists are not all whole numbers; give values 0 to 255")
    if values.size and (values.min() < 0 or values.max() > 255):
        raise MediaError(f"pixels given as lists go from {values.min()} to {values.max()}; give values 0 to 255")
    return values.astype(np.uint8)


def _to_array(image: Image.Image) -> NDArray[np.uint8]:
    return np.array(ImageOps.exif_transpose(image).convert("RGB"))


def _channels_first(pixels: Tensor, *, dims: int) -> Tensor:
    shape = tuple(pixels.shape)
    if pixels.dtype != torch.uint8:
        raise MediaError(f"pixels given in memory are {pixels.dtype}; convert them to uint8 values 0 to 255")
    if len(shape) != dims or 0 in shape or 3 not in (shape[-1], shape[-3]):
        lead = "(F, H, W, 3) or (F, 3, H, W)" if dims == 4 else "(H, W, 3) or (3, H, W)"
        raise MediaError(f"pixels given in memory have shape {shape}; expected {lead}")
    return pixels.movedim(-1, -3) if shape[-1] == 3 else pixels
