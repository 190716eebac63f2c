import pytest
import torch

from video_ktr.attribution import hide_features, reorder_slots
from video_ktr.errors import ConfigError

# Three slots of two tokens, one feature.
FEATURES = torch.tensor([[0.0], [1.0], [10.0], [11.0], [20.0], [21.0]])


def test_slots_move_as_blocks():
    moved = reorder_slots(FEATURES, 3, torch.tensor([2, 0, 1]))
    assert moved.flatten().tolist() == [20, 21, 0, 1, 10, 11]


def test_identity_order_changes_nothing():
    assert torch.equal(reorder_slots(FEATURES, 3, torch.arange(3)), FEATURES)


@pytest.mark.parametrize("order", [[0, 1], [0, 0, 1], [1, 2, 3]])
def test_only_permutations_are_taken(order):
    with pytest.raises(ValueError, match=r"each of 0\.\.2 once"):
        reorder_slots(FEATURES, 3, torch.tensor(order))


def test_tokens_must_fill_the_slots():
    with pytest.raises(ValueError, match="6 cannot be cut into 4"):
        reorder_slots(FEATURES, 4, torch.arange(4))
    with pytest.raises(ValueError, match="6 cannot be cut into 4"):
        hide_features(FEATURES, 4, "zero")


def test_zero_and_mean():
    assert (hide_features(FEATURES, 3, "zero") == 0).all()
    assert hide_features(FEATURES, 3, "mean").flatten().tolist() == pytest.approx([10.5] * 6)


@pytest.mark.parametrize("seed", range(10))
def test_half_hides_whole_slots(seed):
    features = torch.arange(1.0, 11.0)[:, None].expand(10, 3)
    hidden = hide_features(features, 5, "half", generator=torch.Generator().manual_seed(seed))
    slots = hidden.reshape(5, -1)
    empty = (slots == 0).all(1)
    assert int(empty.sum()) == 2
    assert torch.equal(slots[~empty], features.reshape(5, -1)[~empty])


@pytest.mark.parametrize(("tokens", "count"), [(1, 1), (5, 2), (8, 4)])
def test_half_of_an_image_hides_tokens(tokens, count):
    hidden = hide_features(torch.ones(tokens, 3), 1, "half", generator=torch.Generator().manual_seed(0))
    assert int((hidden == 0).all(1).sum()) == count
    assert int((hidden == 1).all(1).sum()) == tokens - count


def test_every_half_is_drawn():
    generator = torch.Generator().manual_seed(0)
    drawn = {
        tuple((hide_features(FEATURES + 1, 3, "half", generator=generator) == 0).flatten().tolist()) for _ in range(60)
    }
    assert len(drawn) == 3


@pytest.mark.parametrize("kind", ["zero", "half", "mean"])
def test_type_shape_and_input_are_kept(kind):
    features = (FEATURES + 1).bfloat16()
    kept = features.clone()
    result = hide_features(features, 3, kind)
    assert result.dtype == torch.bfloat16
    assert result.shape == features.shape
    result.fill_(7)
    assert torch.equal(features, kept)


def test_unknown_kind():
    with pytest.raises(ConfigError, match="zero, half, mean"):
        hide_features(FEATURES, 3, "blur")
