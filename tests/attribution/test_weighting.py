import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from video_ktr.attribution import SoftSignal, combined_soft_weights, soft_weights
from video_ktr.errors import ConfigError

SCHEMES = ("softmax", "sigmoid", "linear", "exponential", "rank_sigmoid")


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def normalised(values: list[float]) -> list[float]:
    return [value * len(values) / sum(values) for value in values]


# Scores 1, 3, 2: percentiles 0, 1, 1/2; z-scores -s, s, 0 with s = sqrt(3/2).
S = math.sqrt(1.5)
BY_HAND = {
    "softmax": [math.exp(-S), math.exp(S), 1.0],
    "sigmoid": [sigmoid(-8), sigmoid(2), sigmoid(-3)],
    "linear": [0.0, 1.0, 0.5],
    "exponential": [0.0, math.expm1(5), math.expm1(2.5)],
    "rank_sigmoid": [1 + 1.5 * (sigmoid(20 * (u - 0.5)) - 0.5) for u in (0.0, 1.0, 0.5)],
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_scheme_by_hand(scheme):
    scores, mask = torch.tensor([[1.0, 3.0, 2.0, 77.0]]), torch.tensor([[1, 1, 1, 0]])
    weights = soft_weights(scores, mask, scheme=scheme)
    assert weights[0].tolist() == pytest.approx([*normalised(BY_HAND[scheme]), 0.0], abs=1e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_equal_scores_one_token_and_no_token(scheme):
    scores = torch.tensor([[0.1, 0.1, 0.1], [4.0, float("nan"), 0.0], [float("inf"), 0.0, 0.0]])
    mask = torch.tensor([[1, 1, 1], [1, 0, 0], [0, 0, 0]])
    weights = soft_weights(scores, mask, scheme=scheme)
    torch.testing.assert_close(weights, torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    assert soft_weights(torch.zeros(2, 0), torch.zeros(2, 0), scheme=scheme).shape == (2, 0)


def test_group_scope_ranks_and_rescales_over_the_group():
    scores = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    weights = soft_weights(scores, torch.ones(2, 2), scheme="linear", scope="group", group_size=2)
    torch.testing.assert_close(weights, torch.tensor([[0.0, 2 / 3], [4 / 3, 2.0]]))


def test_midpoint_of_sigmoid_follows_the_ratio():
    scores, mask = torch.tensor([[0.0, 1.0, 2.0]]), torch.ones(1, 3)
    weights = soft_weights(scores, mask, scheme="sigmoid", ratio=0.5)
    assert weights[0].tolist() == pytest.approx(normalised([sigmoid(-5), 0.5, sigmoid(5)]), abs=1e-5)


def signal(scores, valid=(1, 1, 1), ratio=0.2, name="visual"):
    return SoftSignal(torch.tensor([scores]), torch.tensor([valid]), ratio, name)


def test_signals_are_joined_by_max_or_mean():
    # Percentiles (0, 1/2, 1) and (1, 1/2, 0).
    signals = [signal([0.0, 1.0, 2.0]), signal([2.0, 1.0, 0.0])]
    highest = combined_soft_weights(signals, scheme="linear", combine="max")
    assert highest[0].tolist() == pytest.approx(normalised([1.0, 0.5, 1.0]))
    mean = combined_soft_weights(signals, scheme="linear", combine="mean")
    assert mean[0].tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_softmax_joins_z_scores():
    signals = [signal([1.0, 3.0, 2.0]), signal([5.0, 5.0, 5.0])]
    highest = combined_soft_weights(signals, scheme="softmax", combine="max")
    assert highest[0].tolist() == pytest.approx(normalised([1.0, math.exp(S), 1.0]), abs=1e-5)
    mean = combined_soft_weights(signals, scheme="softmax", combine="mean")
    assert mean[0].tolist() == pytest.approx(normalised([math.exp(-S / 2), math.exp(S / 2), 1.0]), abs=1e-5)


@pytest.mark.parametrize("combine", ["max", "mean"])
def test_signal_a_row_lacks_does_not_count(combine):
    alone = signal([0.0, 1.0, 2.0])
    absent = signal([9.0, 9.0, 9.0], valid=(0, 0, 0), name="temporal")
    joined = combined_soft_weights([alone, absent], scheme="linear", combine=combine)
    assert joined[0].tolist() == pytest.approx([0.0, 1.0, 2.0])
    assert combined_soft_weights([absent], scheme="softmax", combine=combine).tolist() == [[0.0, 0.0, 0.0]]


def test_errors():
    scores = torch.tensor([[float("nan"), 0.0, 0.0]])
    with pytest.raises(ValueError, match="entropy score of row 0, token 0 is nan"):
        combined_soft_weights([SoftSignal(scores, torch.ones(1, 3), 0.2, "entropy")], scheme="linear")
    with pytest.raises(ConfigError, match="softmax, sigmoid"):
        soft_weights(torch.zeros(1, 1), torch.ones(1, 1), scheme="gauss")
    with pytest.raises(ConfigError, match="max, mean"):
        combined_soft_weights([signal([0.0, 0.0, 0.0])], scheme="linear", combine="sum")
    with pytest.raises(ValueError, match="at least one signal"):
        combined_soft_weights([], scheme="linear")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("scope", ["sequence", "group"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_weights_of_wild_scores(scheme, scope, data):
    tokens = data.draw(st.integers(1, 9))
    values = st.one_of(st.integers(-2, 2).map(float), st.floats(-1e4, 1e4, width=32))
    row = st.lists(values, min_size=tokens, max_size=tokens)
    scores = torch.tensor(data.draw(st.lists(row, min_size=4, max_size=4)))
    mask = torch.tensor(
        data.draw(st.lists(st.lists(st.booleans(), min_size=tokens, max_size=tokens), min_size=4, max_size=4))
    )
    kept = scores.clone()
    weights = soft_weights(scores, mask, scheme=scheme, scope=scope, group_size=2)
    assert torch.equal(scores, kept)
    assert torch.isfinite(weights).all()
    assert (weights >= 0).all()
    assert (weights[~mask] == 0).all()
    width = 1 if scope == "sequence" else 2
    for first in range(0, 4, width):
        rows = slice(first, first + width)
        unit_weights, unit_scores = weights[rows][mask[rows]], scores[rows][mask[rows]]
        if unit_weights.numel() == 0:
            continue
        assert float(unit_weights.mean()) == pytest.approx(1.0, abs=1e-4)
        in_order = unit_weights[unit_scores.argsort()]
        assert (in_order.diff() >= -1e-5).all()
        same = unit_scores[:, None] == unit_scores[None, :]
        torch.testing.assert_close(same * unit_weights[:, None], same * unit_weights[None, :])


def test_bf16_scores_give_detached_float32_weights():
    scores = torch.randn(2, 5).bfloat16().requires_grad_()
    weights = soft_weights(scores, torch.ones(2, 5), scheme="softmax")
    assert weights.dtype == torch.float32
    assert not weights.requires_grad
