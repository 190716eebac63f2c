import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from video_ktr.data.media import MediaConfig, load_image
from video_ktr.data.resizing import draft_smaller, fitted_size, kept_pixels, load_rgb, require_usable_size
from video_ktr.errors import MediaError


def test_the_bound_is_above_4k_and_above_what_the_model_is_shown():
    assert kept_pixels(105369) == 4096 * 2304 > 3840 * 2160
    assert kept_pixels(4096 * 2304) == 4 * 4096 * 2304


@pytest.mark.parametrize(
    ("size", "most", "expected"),
    [
        ((64, 32), 2048, (64, 32)),
        ((64, 32), 512, (32, 16)),
        ((8192, 8192), 4096 * 2304, (3072, 3072)),
        ((1000, 1), 100, (100, 1)),
        ((1, 1000), 100, (1, 100)),
    ],
)
def test_sizes_by_hand(size, most, expected):
    assert fitted_size(*size, most) == expected


@given(width=st.integers(1, 10**5), height=st.integers(1, 10**5), most=st.integers(1, 10**8))
def test_a_fitted_size_is_within_the_bound(width, height, most):
    fitted = fitted_size(width, height, most)
    assert fitted[0] * fitted[1] <= most or fitted == (width, height)
    assert 1 <= fitted[0] <= width
    assert 1 <= fitted[1] <= height
    assert (width * height > most) == (fitted != (width, height))


def test_usable_sizes():
    require_usable_size(8192, 8192, "a")
    require_usable_size(200, 1, "a")
    with pytest.raises(MediaError, match="a: its pictures are 8193 x 8192, more than 67108864 pixels; store"):
        require_usable_size(8193, 8192, "a")
    with pytest.raises(MediaError, match="1 x 201, longer than 200 times their width"):
        require_usable_size(1, 201, "a")


def test_shrinking_takes_means_and_ordinary_pictures_pass_untouched():
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    image = Image.fromarray(pixels)
    assert np.array_equal(np.array(load_rgb(image, 64))[..., 0], pixels)
    means = pixels.reshape(4, 2, 4, 2).mean(axis=(1, 3))
    assert np.abs(np.array(load_rgb(image, 16))[..., 1] - means).max() <= 0.5


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_a_transparent_ground_is_white(tmp_path, mode):
    # Black lines on black that is transparent, as drawing programs save diagrams.
    drawing = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    drawing.putpixel((1, 2), (10, 10, 10, 255))
    image = drawing.convert(mode)
    image.save(tmp_path / "a.png", **({"transparency": (0, 0, 0)} if mode == "RGB" else {}))
    expected = torch.full((3, 4, 4), 255, dtype=torch.uint8)
    expected[:, 2, 1] = 10
    assert torch.equal(load_image(tmp_path / "a.png", MediaConfig()), expected)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_of_16_bits_the_upper_8_count(tmp_path, name):
    depth = np.array([[0, 255, 256], [0x7FFF, 0x8000, 0xFFFF]], dtype=np.uint16)
    Image.fromarray(depth).save(tmp_path / name)
    assert load_image(tmp_path / name, MediaConfig())[0].tolist() == [[0, 0, 1], [127, 128, 255]]


def test_a_jpeg_is_decoded_small(tmp_path):
    Image.new("RGB", (64, 64), (200, 100, 50)).save(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        draft_smaller(image, 20 * 20)
        assert image.size == (32, 32)  # a half: a quarter would be below 20
        assert load_rgb(image, 20 * 20).size == (20, 20)


def test_enormous_images(tmp_path):
    wide = Image.new("L", (8192, 4096))
    wide.paste(200, (4096, 0, 8192, 4096))
    for name in ("a.png", "a.jpg"):
        wide.save(tmp_path / name)
        image = load_image(tmp_path / name, MediaConfig())
        assert image.shape == (3, 2172, 4344)  # 4344 * 2172 = 9435168, just below 9437184
        assert torch.equal(image[:, :, :2000], torch.zeros(3, 2172, 2000, dtype=torch.uint8))
        assert (image[:, :, -2000:] == 200).all()


def test_an_image_in_memory_stays_as_it_was(tmp_path):
    Image.new("RGB", (8192, 4096)).save(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        assert load_image(image, MediaConfig()).shape == (3, 2172, 4344)
        assert image.size == (8192, 4096)


@pytest.mark.parametrize(("side", "words"), [(8200, "more than 67108864 pixels"), (40_000, "decompression bomb")])
def test_a_picture_that_unfolds_is_refused_unopened(tmp_path, side, words):
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))))
    with pytest.raises(MediaError, match=words) as caught:
        load_image(path, MediaConfig())
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).count(str(path)) == 1
    assert "\n" not in str(caught.value)
