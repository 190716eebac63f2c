"""Which tokens are selected: sign, scope, ties, and ratios at their ends."""

import math

import pytest
import torch

from video_ktr.attribution import KeyTokenConfig, TokenSignals, log_prob_shift, select_key_tokens

OTHERS_OFF = {"temporal_ratio": None, "entropy_ratio": None}


def select(visual_BT, *, preset="paper", mask=None, group_size=None, **settings):
    config = KeyTokenConfig.preset(preset, **{**OTHERS_OFF, **settings})
    mask = torch.ones_like(visual_BT) if mask is None else mask
    return select_key_tokens(TokenSignals(visual_BT=visual_BT), mask, config, group_size=group_size)


def places(mask_BT):
    return [row.nonzero().flatten().tolist() for row in mask_BT]


def test_b_signed_and_absolute_differ_on_a_suppressed_token():
    # The true video makes token 1 far less likely (-4) and token 3 a little more likely (+0.5).
    true_BT, other_BT = torch.tensor([[-1.0, -5.0, -1.0, -1.0, -1.0]]), torch.tensor([[-1.1, -1.0, -1.2, -1.5, -1.0]])
    absolute = log_prob_shift(true_BT, other_BT)
    signed = log_prob_shift(true_BT, other_BT, signed=True)
    torch.testing.assert_close(signed, torch.tensor([[0.1, -4.0, 0.2, 0.5, 0.0]]))
    torch.testing.assert_close(absolute, signed.abs())
    assert places(select(absolute).mask_BT) == [[1]]
    assert places(select(signed).mask_BT) == [[3]]


def test_c_scope_decides_about_a_rollout_of_low_variance():
    varied, flat = [9.0, 8.0, 7.0, 6.0, 5.0, 0.0, 0.0], [0.3, 0.1, 0.5, 0.2, 0.4, 0.25, 0.15]
    scores = torch.tensor([varied, flat])
    # ceil(0.2 * 7) = 2 of each sequence.
    assert places(select(scores).mask_BT) == [[0, 1], [2, 4]]
    # Fourteen of the group: quantile position 0.8 * 13 = 10.4 in ascending order, between 6 and 7: three tokens.
    group = select(scores, scope="group", group_size=2)
    assert places(group.mask_BT) == [[0, 1, 2], []]
    assert group.empty_rows == 1


def test_e_ties_are_exact_in_a_sequence_and_all_selected_in_a_group():
    # Two of ten scores are above 0, so the 80 % quantile is position 7.2, a zero next to a zero.
    scores = torch.tensor([[0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    exact, released = select(scores), select(scores, preset="official")
    # The earlier zero takes the second place; of nine zeros eight were left out.
    assert places(exact.mask_BT) == [[0, 1]]
    assert exact.statistics["visual"].ties == 8
    assert places(released.mask_BT) == [list(range(10))]
    assert released.statistics["visual"].ties == 8


@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_f_ratio_0_off_and_1(scope):
    scores = torch.tensor([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]])
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]])
    temporal = {"scope": scope, "group_size": 2, "mask": mask}
    # Off, as 0 or as null, with another signal on: the visual one selects nothing, not its top token.
    for off in (0.0, None):
        config = KeyTokenConfig(visual_ratio=off, temporal_ratio=0.5, entropy_ratio=None, scope=scope)
        signals = TokenSignals(visual_BT=scores, temporal_BT=-scores)
        keys = select_key_tokens(signals, mask, config, group_size=2)
        assert keys.visual_BT is None
        assert torch.equal(keys.mask_BT, keys.temporal_BT)
        assert "visual" not in keys.statistics
    assert torch.equal(select(scores, visual_ratio=1.0, **temporal).mask_BT, mask.bool())
    # All signals off is plain GRPO.
    assert torch.equal(select(scores, visual_ratio=None, **temporal).mask_BT, mask.bool())


@pytest.mark.parametrize("length", [1, 4, 5, 6, 11])
def test_f_a_ratio_selects_exactly_its_share(length):
    for ratio in (0.1, 0.2, 0.3, 0.4, 0.5):
        keys = select(torch.randn(1, length), visual_ratio=ratio)
        assert int(keys.mask_BT.sum()) == max(1, math.ceil(round(ratio * length, 6)))
