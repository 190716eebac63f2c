import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from video_ktr.attribution import count_ties, log_prob_shift, top_ratio_mask
from video_ktr.errors import ConfigError


def draw(mask: torch.Tensor) -> list[str]:
    return ["".join(".#"[int(bit)] for bit in row) for row in mask.tolist()]


def ones(scores: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(scores, dtype=torch.long)


def test_top_share_of_each_row():
    scores = torch.tensor([[5.0, 1.0, 4.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0]])
    assert draw(top_ratio_mask(scores, ones(scores), 0.4)) == ["#.#..", "...##"]


def test_padding_is_never_selected_whatever_it_holds():
    scores = torch.tensor([[1.0, 2.0, 99.0], [1.0, float("nan"), float("inf")]])
    mask = torch.tensor([[1, 1, 0], [1, 0, 0]])
    assert draw(top_ratio_mask(scores, mask, 0.5)) == [".#.", "#.."]
    assert draw(top_ratio_mask(scores, mask, 1.0)) == ["##.", "#.."]
    assert draw(top_ratio_mask(scores, mask, 1.0, scope="group", group_size=2)) == ["##.", "#.."]


@pytest.mark.parametrize(
    ("ratio", "length", "count"), [(0.2, 5, 1), (0.1, 30, 3), (0.3, 10, 3), (0.2, 6, 2), (0.2, 1, 1)]
)
def test_counts_are_exact_in_decimals(ratio, length, count):
    scores = torch.arange(float(length))[None]
    assert int(top_ratio_mask(scores, ones(scores), ratio).sum()) == count


def test_signed_and_absolute_differ_on_a_suppressed_token():
    # Token 2 is the one that the true video makes far less likely.
    true, other = torch.tensor([[-1.0, -1.0, -5.0, -1.0, -1.0]]), torch.tensor([[-1.2, -1.1, -1.0, -1.0, -1.3]])
    absolute = top_ratio_mask(log_prob_shift(true, other), ones(true), 0.2)
    signed = top_ratio_mask(log_prob_shift(true, other, signed=True), ones(true), 0.2)
    assert draw(absolute) == ["..#.."]
    assert draw(signed) == ["....#"]


def test_scope_decides_whether_a_flat_rollout_is_selected():
    scores = torch.tensor([[10.0, 9.0, 8.0, 7.0, 6.0], [0.1, 0.2, 0.3, 0.4, 0.5]])
    assert draw(top_ratio_mask(scores, ones(scores), 0.2)) == ["#....", "....#"]
    # Ten tokens, quantile position 0.8 * 9 = 7.2: the two highest of the group.
    assert draw(top_ratio_mask(scores, ones(scores), 0.2, scope="group", group_size=2)) == ["##...", "....."]


def test_groups_are_separate():
    scores = torch.tensor([[1.0, 2.0], [3.0, 4.0], [50.0, 60.0], [70.0, 80.0]])
    picked = top_ratio_mask(scores, ones(scores), 0.25, scope="group", group_size=2)
    assert draw(picked) == ["..", ".#", "..", ".#"]


def test_ties_go_to_the_earlier_token_in_a_sequence():
    scores = torch.tensor([[0.0, 3.0, 0.0, 0.0, 0.0]])
    assert draw(top_ratio_mask(scores, ones(scores), 0.6)) == ["###.."]
    # Three of five were asked for; four share the lowest selected score 0 and two of these were left out.
    assert count_ties(scores, ones(scores), 0.6) == 2


def test_ties_are_all_selected_in_a_group():
    scores = torch.tensor([[0.0, 0.0, 5.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    mask = ones(scores)
    # The quantile is 0, so every token passes: the quantile of ten distinct scores would have passed two.
    assert top_ratio_mask(scores, mask, 0.2, scope="group", group_size=2).all()
    assert count_ties(scores, mask, 0.2, scope="group", group_size=2) == 8
    assert int(top_ratio_mask(scores, mask, 0.2).sum()) == 2


def test_bf16_ties_are_counted():
    scores = torch.tensor([[0.700, 0.7001, 0.7002, 0.1]]).bfloat16()
    assert draw(top_ratio_mask(scores, ones(scores), 0.25)) == ["#..."]
    assert count_ties(scores, ones(scores), 0.25) == 2


@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_ratio_zero_and_one(scope):
    scores, mask = torch.randn(4, 6), torch.ones(4, 6)
    mask[1, 3:] = 0
    assert not top_ratio_mask(scores, mask, 0.0, scope=scope, group_size=2).any()
    assert torch.equal(top_ratio_mask(scores, mask, 1, scope=scope, group_size=2), mask.bool())
    assert count_ties(scores, mask, 0.0, scope=scope, group_size=2) == 0


@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_rows_without_valid_tokens(scope):
    scores, mask = torch.randn(2, 3), torch.zeros(2, 3)
    assert not top_ratio_mask(scores, mask, 0.5, scope=scope, group_size=2).any()
    assert count_ties(scores, mask, 0.5, scope=scope, group_size=2) == 0
    assert top_ratio_mask(torch.zeros(2, 0), torch.zeros(2, 0), 0.5, scope=scope, group_size=2).shape == (2, 0)


@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_one_token_rows_and_equal_scores(scope):
    assert top_ratio_mask(torch.tensor([[0.0]]), torch.ones(1, 1), 0.2, scope=scope, group_size=1).all()
    equal = top_ratio_mask(torch.full((1, 10), 0.3), torch.ones(1, 10), 0.2, scope=scope, group_size=1)
    assert int(equal.sum()) == (2 if scope == "sequence" else 10)


def test_non_finite_score_names_signal_row_and_token():
    scores = torch.tensor([[1.0, 2.0], [0.0, float("nan")]])
    with pytest.raises(ValueError, match="visual score of row 1, token 1 is nan"):
        top_ratio_mask(scores, ones(scores), 0.5, name="visual")


@pytest.mark.parametrize("ratio", [1.7, -0.1, float("nan"), True, "0.2"])
def test_bad_ratio_is_refused(ratio):
    with pytest.raises(ConfigError, match="between 0 and 1"):
        top_ratio_mask(torch.zeros(1, 2), torch.ones(1, 2), ratio)


def test_without_a_group_size_all_rows_are_one_group():
    scores = torch.tensor([[4.0, 3.0], [2.0, 1.0]])
    expected = top_ratio_mask(scores, ones(scores), 0.25, scope="group", group_size=2)
    assert torch.equal(top_ratio_mask(scores, ones(scores), 0.25, scope="group"), expected)


def test_bad_groups_are_refused():
    scores = torch.zeros(6, 2)
    with pytest.raises(ConfigError, match="6 rows cannot be cut into groups of 4"):
        top_ratio_mask(scores, ones(scores), 0.5, scope="group", group_size=4)
    with pytest.raises(ConfigError, match="group_size is 0"):
        top_ratio_mask(scores, ones(scores), 0.5, scope="group", group_size=0)
    with pytest.raises(ConfigError, match="sequence, group"):
        top_ratio_mask(scores, ones(scores), 0.5, scope="batch")


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one shape"):
        top_ratio_mask(torch.zeros(1, 2), torch.ones(1, 3), 0.5)


@st.composite
def batches(draw_from):
    rows, tokens = 2 * draw_from(st.integers(1, 3)), draw_from(st.integers(1, 12))
    # Few distinct values, so that ties are common.
    values = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, width=32))
    grid = st.lists(st.lists(values, min_size=tokens, max_size=tokens), min_size=rows, max_size=rows)
    lengths = draw_from(st.lists(st.integers(0, tokens), min_size=rows, max_size=rows))
    mask = torch.arange(tokens) < torch.tensor(lengths)[:, None]
    return torch.tensor(draw_from(grid)), mask, draw_from(st.integers(0, 100)) / 100


@given(batches())
@settings(max_examples=200, deadline=None)
def test_sequence_scope_against_a_plain_sort(batch):
    scores, mask, ratio = batch
    kept = scores.clone(), mask.clone()
    picked = top_ratio_mask(scores, mask, ratio)
    ties = 0
    for row in range(len(scores)):
        valid = [token for token in range(scores.shape[1]) if mask[row, token]]
        count = math.ceil(Fraction(str(ratio)) * len(valid))
        best = sorted(valid, key=lambda token: (-float(scores[row, token]), token))
        assert [token for token in range(scores.shape[1]) if picked[row, token]] == sorted(best[:count])
        if count:
            ties += sum(float(scores[row, token]) == float(scores[row, best[count - 1]]) for token in best[count:])
    assert count_ties(scores, mask, ratio) == ties
    assert torch.equal(scores, kept[0])
    assert torch.equal(mask, kept[1])


@given(batches())
@settings(max_examples=200, deadline=None)
def test_group_scope_against_the_interpolated_quantile(batch):
    scores, mask, ratio = batch
    picked = top_ratio_mask(scores, mask, ratio, scope="group", group_size=2)
    for first in range(0, len(scores), 2):
        rows = slice(first, first + 2)
        values = sorted(Fraction(value) for value in scores[rows][mask[rows]].tolist())
        if not values or ratio == 0:
            assert not picked[rows].any()
            continue
        place = (1 - Fraction(str(ratio))) * (len(values) - 1)
        low, high = values[math.floor(place)], values[math.ceil(place)]
        quantile = low + (place - math.floor(place)) * (high - low)
        expected = [[bool(v) and Fraction(s) >= quantile for s, v in zip(*pair, strict=True)]
                    for pair in zip(scores[rows].tolist(), mask[rows].tolist(), strict=True)]  # fmt: skip
        assert picked[rows].tolist() == expected


def test_group_scope_matches_torch_quantile_on_many_tokens():
    scores = torch.randn(8, 100, dtype=torch.float64).float()
    threshold = torch.quantile(scores.double().flatten(), 0.83)
    picked = top_ratio_mask(scores, ones(scores), 0.17, scope="group", group_size=8)
    assert torch.equal(picked, scores.double() >= threshold)
