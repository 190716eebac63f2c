"""Pictures of enormous size are shrunk while they are decoded, so that memory stays bounded.

Ordinary pictures pass untouched, bit by bit: the bound lies above 4K video. Pixels are areas, width times height.
"""

from math import sqrt

import numpy as np
from PIL import Image, ImageOps

from video_ktr.errors import MediaError

MOST_PIXELS = 8192 * 8192
"""Larger pictures are refused before they are decoded: a decoder needs them whole, several at once."""
_KEPT_PIXELS = 4096 * 2304
# The processors of Qwen-VL refuse a side more than this many times the other.
_MOST_LOPSIDED = 200


def kept_pixels(max_pixels: int) -> int:
    """The bound to which decoded pictures are shrunk: 4096 * 2304, or 4 times `max_pixels` where that is more.

    A multiple of what the model is shown, so that the fine resizing after it still has twice the wanted sides. 16 video
    frames take at most 453 MB, 64 take 1.8 GB, whatever the file holds.
    """
    return max(_KEPT_PIXELS, 4 * max_pixels)


def fitted_size(width: int, height: int, most: int) -> tuple[int, int]:
    """The same size when its area is at most `most`; else the largest below, of the same shape, sides rounded down."""
    if width * height <= most:
        return width, height
    scale = sqrt(most / (width * height))
    fitted_width = min(max(int(width * scale), 1), most)
    return fitted_width, min(max(int(height * scale), 1), most // fitted_width)


def require_usable_size(width: int, height: int, name: str) -> None:
    """Raise MediaError for pictures of more than `MOST_PIXELS`, and for those over 200 times longer than wide."""
    if width * height > MOST_PIXELS:
        raise MediaError(
            f"{name}: its pictures are {width} x {height}, more than {MOST_PIXELS} pixels; store them smaller"
        )
    if max(width, height) > _MOST_LOPSIDED * min(width, height):
        raise MediaError(
            f"{name}: its pictures are {width} x {height}, longer than {_MOST_LOPSIDED} times their width; crop them"
        )


def draft_smaller(image: Image.Image, most: int) -> None:
    """Make a JPEG file of more than `most` pixels decode at 1/2, 1/4 or 1/8 of its sides, never whole.

    At the smallest of these that keeps both sides at or above the wanted ones. In place, before the file is loaded;
    nothing happens to other formats.
    """
    size = fitted_size(*image.size, most)
    if size != image.size:
        image.draft(None, size)


def load_rgb(image: Image.Image, most: int) -> Image.Image:
    """The picture in RGB, turned as its EXIF orientation says, shrunk to `most` pixels where it has more.

    When shrunk, each pixel is the mean of those it covers. A picture above the bound is loaded whole before.

    A transparent picture is laid on white, as a drawing on paper: the released code's plain conversion shows whatever
    colour lies hidden, mostly black, under black lines. Of 16 bits a pixel the upper 8 count, where a plain conversion
    makes all above 255 white.
    """
    rgb = _as_rgb(ImageOps.exif_transpose(image))
    size = fitted_size(*rgb.size, most)
    return rgb if size == rgb.size else rgb.resize(size, Image.Resampling.BOX)


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I;16"):
        # Pillow converts 16 bits without loss to 32 only.
        image = Image.fromarray((np.asarray(image.convert("I")) >> 8).astype(np.uint8))
    elif "A" in image.getbands() or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return image.convert("RGB")
