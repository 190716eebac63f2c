import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.attribution import can_reorder, frame_order
from video_ktr.errors import ConfigError


@given(st.integers(2, 20), st.integers(0, 10_000))
def test_shuffle_is_a_permutation_and_never_the_identity(num_frames, seed):
    order = frame_order(num_frames, "shuffle", generator=torch.Generator().manual_seed(seed))
    assert sorted(order.tolist()) == list(range(num_frames))
    assert order.tolist() != list(range(num_frames))
    assert order.dtype == torch.long


def test_shuffle_of_two_frames_swaps_them():
    for seed in range(20):
        assert frame_order(2, "shuffle", generator=torch.Generator().manual_seed(seed)).tolist() == [1, 0]


def test_shuffle_reaches_every_other_order():
    generator = torch.Generator().manual_seed(0)
    drawn = {tuple(frame_order(3, "shuffle", generator=generator).tolist()) for _ in range(200)}
    assert len(drawn) == 5


def test_reverse():
    assert frame_order(5, "reverse").tolist() == [4, 3, 2, 1, 0]


def test_two_segments_swap_and_the_remainder_stays():
    assert frame_order(10, "segment").tolist() == [4, 5, 6, 7, 0, 1, 2, 3, 8, 9]
    assert frame_order(5, "segment", segment_length=2).tolist() == [2, 3, 0, 1, 4]


@given(st.integers(8, 40), st.integers(0, 1000))
def test_segments_stay_whole(num_frames, seed):
    order = frame_order(num_frames, "segment", generator=torch.Generator().manual_seed(seed)).tolist()
    whole = num_frames // 4 * 4
    starts = [order[place] for place in range(0, whole, 4)]
    assert order[:whole] == [start + step for start in starts for step in range(4)]
    assert sorted(starts) == list(range(0, whole, 4))
    assert starts != sorted(starts)
    assert order[whole:] == list(range(whole, num_frames))


def test_the_generator_decides():
    first, second = (frame_order(12, "shuffle", generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("num_frames", "kind", "possible"),
    [(0, "shuffle", False), (1, "shuffle", False), (2, "shuffle", True), (1, "reverse", False), (2, "reverse", True),
     (7, "segment", False), (8, "segment", True)],
)  # fmt: skip
def test_what_can_be_reordered(num_frames, kind, possible):
    assert can_reorder(num_frames, kind) is possible
    if not possible:
        with pytest.raises(ConfigError, match="skip its temporal signal"):
            frame_order(num_frames, kind)


def test_bad_settings():
    with pytest.raises(ConfigError, match="shuffle, reverse, segment"):
        frame_order(4, "swap")
    with pytest.raises(ConfigError, match="segment_length is 0"):
        can_reorder(8, "segment", segment_length=0)
