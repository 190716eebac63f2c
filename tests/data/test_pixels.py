import numpy as np
import pytest
import torch

from video_ktr.data.media import MediaConfig, load_image, load_video
from video_ktr.data.pixels import channels_first, from_lists
from video_ktr.errors import MediaError


def test_channels_go_first_and_last_wins_where_both_fit():
    assert channels_first(torch.zeros(4, 8, 6, 3, dtype=torch.uint8), dims=4).shape == (4, 3, 8, 6)
    assert channels_first(torch.zeros(3, 8, 6, dtype=torch.uint8), dims=3).shape == (3, 8, 6)
    both = torch.arange(27, dtype=torch.uint8).reshape(3, 3, 3)
    assert torch.equal(channels_first(both, dims=3), both.permute(2, 0, 1))


def test_lists_become_bytes():
    assert np.array_equal(from_lists([[[0, 1, 255]]]), np.array([[[0, 1, 255]]], np.uint8))


def test_shapes_that_the_processors_cannot_take():
    with pytest.raises(MediaError, match="given in memory: its pictures are 201 x 1"):
        channels_first(torch.zeros(1, 201, 3, dtype=torch.uint8), dims=3)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"bytes": b"no image", "path": None}, "the image stored as bytes: cannot be read"),
        ({"bytes": b"", "path": "a.png"}, r"the image stored as a\.png: cannot be read"),
        ({"bytes": None, "path": "none.png"}, r"none\.png: no such file"),
        ({"bytes": None, "path": None}, "neither bytes nor a path"),
        ([[[0, 1, 2]], [[0, 1]]], "ragged"),
        ([[[0, 1, 256]]], "go from 0 to 256"),
        ([[[0, 1, -1]]], "go from -1 to 1"),
        ([[[0.5, 1, 2]]], "not all whole numbers"),
        ([[[None, 1, 2]]], "not all whole numbers"),
        ([[0, 1, 2]], "expected"),
        (3, "given as int"),
    ],
)
def test_unusable_values_from_a_dataset_are_refused(source, words):
    with pytest.raises(MediaError, match=words):
        load_image(source, MediaConfig())
    with pytest.raises(MediaError, match=words):
        load_video([source], MediaConfig())
