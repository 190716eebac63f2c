"""Pixels given in memory, as arrays or as the nested lists that data sets make of them.

F frames, H height and W width in pixels, C colour channels (red, green, blue).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, uint8

from video_ktr.data.resizing import require_usable_size
from video_ktr.errors import MediaError


def from_lists(rows: Sequence[Any]) -> NDArray[np.uint8]:
    """Nested lists of whole numbers from 0 to 255 as an array; raises MediaError for ragged ones and other values."""
    try:
        values = np.asarray(rows)
    except ValueError as error:
        raise MediaError("pixels given as lists are ragged; give rows of equal length") from error
    if values.dtype.kind not in "iu":
        raise MediaError("pixels given as lists are not all whole numbers; give values 0 to 255")
    if values.size and (values.min() < 0 or values.max() > 255):
        raise MediaError(f"pixels given as lists go from {values.min()} to {values.max()}; give values 0 to 255")
    return values.astype(np.uint8)


def channels_first(pixels: Tensor, *, dims: int) -> Tensor:
    """Move the colours of one image (`dims` 3) or of frames (4) from last to first, unless they are there.

    Raises MediaError for another type, shape or an unusable size.
    """
    shape = tuple(pixels.shape)
    if pixels.dtype != uint8:
        raise MediaError(f"pixels given in memory are {pixels.dtype}; convert them to uint8 values 0 to 255")
    if len(shape) != dims or 0 in shape or 3 not in (shape[-1], shape[-3]):
        lead = "(F, H, W, 3) or (F, 3, H, W)" if dims == 4 else "(H, W, 3) or (3, H, W)"
        raise MediaError(f"pixels given in memory have shape {shape}; expected {lead}")
    pixels = pixels.movedim(-1, -3) if shape[-1] == 3 else pixels
    require_usable_size(pixels.shape[-1], pixels.shape[-2], "pixels given in memory")
    return pixels
