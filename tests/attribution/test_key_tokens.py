import dataclasses

import pytest
import torch

from video_ktr.attribution import KeyTokenConfig, TokenSignals, select_key_tokens, soft_weights

# Ten tokens a row, so 20 % is two. The signals peak at different tokens; "." marks a score of 0.
PEAKS = {
    "visual": ["98........", "........89"],
    "temporal": [".98.......", "98........"],
    "entropy": ["......98..", "......89.."],
}


def scores(rows: list[str]) -> torch.Tensor:
    return torch.tensor([[0.0 if mark == "." else float(mark) for mark in row] for row in rows])


def draw(mask: torch.Tensor) -> list[str]:
    return ["".join(".#"[int(bit)] for bit in row) for row in mask.tolist()]


def signals(**changes) -> TokenSignals:
    made = TokenSignals(**{f"{name}_BT": scores(rows) for name, rows in PEAKS.items()})
    return dataclasses.replace(made, **changes)


MASK = torch.ones(2, 10, dtype=torch.long)


def test_union_of_the_three_signals():
    key = select_key_tokens(signals(), MASK, KeyTokenConfig())
    assert draw(key.visual_BT) == ["##........", "........##"]
    assert draw(key.temporal_BT) == [".##.......", "##........"]
    assert draw(key.entropy_BT) == ["......##..", "......##.."]
    assert draw(key.mask_BT) == ["###...##..", "##....####"]
    assert torch.equal(key.weights_BT, key.mask_BT.float())
    assert key.update_ratio == pytest.approx(11 / 20)
    assert key.empty_rows == 0
    assert key.statistics["visual"].ratio == pytest.approx(0.2)
    assert key.statistics["visual"].mean_score == pytest.approx(34 / 20)
    assert key.statistics["visual"].ties == 0
    assert key.statistics["visual"].rows == 2


def test_a_signal_that_is_off_is_ignored():
    key = select_key_tokens(signals(), MASK, KeyTokenConfig(temporal_ratio=None, entropy_ratio=0))
    assert draw(key.mask_BT) == ["##........", "........##"]
    assert key.temporal_BT is None
    assert key.entropy_BT is None
    assert list(key.statistics) == ["visual"]


def test_all_signals_off_is_plain_grpo():
    mask = MASK.clone()
    mask[1, 4:] = 0
    config = KeyTokenConfig(visual_ratio=None, temporal_ratio=0, entropy_ratio=None)
    key = select_key_tokens(TokenSignals(), mask, config)
    assert torch.equal(key.mask_BT, mask.bool())
    assert torch.equal(key.weights_BT, mask.float())
    assert key.update_ratio == 1.0
    assert key.statistics == {}


def test_ratio_one_selects_every_valid_token():
    key = select_key_tokens(signals(), MASK, KeyTokenConfig(visual_ratio=1.0))
    assert key.mask_BT.all()
    assert key.update_ratio == 1.0


def test_rows_without_a_signal_select_nothing_by_it():
    # Row 0 is an image, row 1 a video.
    key = select_key_tokens(signals(temporal_rows_B=torch.tensor([False, True])), MASK, KeyTokenConfig())
    assert draw(key.temporal_BT) == ["..........", "##........"]
    assert draw(key.mask_BT) == ["##....##..", "##....####"]
    assert key.statistics["temporal"].rows == 1
    assert key.statistics["temporal"].mean_score == pytest.approx(1.7)
    assert key.statistics["temporal"].ratio == pytest.approx(0.1)


def test_rows_without_a_signal_may_hold_anything_there():
    visual = scores(PEAKS["visual"])
    visual[0] = float("nan")
    rows = torch.tensor([False, True])
    key = select_key_tokens(signals(visual_BT=visual, visual_rows_B=rows, temporal_rows_B=rows), MASK, KeyTokenConfig())
    assert draw(key.visual_BT) == ["..........", "........##"]
    assert key.statistics["visual"].mean_score == pytest.approx(1.7)


def test_a_row_without_any_signal_is_counted_as_empty():
    rows = torch.tensor([False, True])
    config = KeyTokenConfig(entropy_ratio=None)
    key = select_key_tokens(signals(visual_rows_B=rows, temporal_rows_B=rows), MASK, config)
    assert draw(key.mask_BT) == ["..........", "##......##"]
    assert key.empty_rows == 1


def test_a_batch_without_video_needs_no_visual_scores():
    none = torch.tensor([False, False])
    given = signals(visual_BT=None, temporal_BT=None, visual_rows_B=none, temporal_rows_B=none)
    key = select_key_tokens(given, MASK, KeyTokenConfig())
    assert draw(key.mask_BT) == ["......##..", "......##.."]
    assert not key.visual_BT.any()
    assert key.statistics["visual"].rows == 0


def test_a_missing_signal_is_an_error():
    with pytest.raises(ValueError, match="temporal signal is on but its scores were not given"):
        select_key_tokens(signals(temporal_BT=None), MASK, KeyTokenConfig())
    with pytest.raises(ValueError, match=r"visual rows must have shape \(2,\)"):
        select_key_tokens(signals(visual_rows_B=torch.tensor([True])), MASK, KeyTokenConfig())


def test_non_finite_score_names_the_signal_and_row():
    entropy = scores(PEAKS["entropy"])
    entropy[1, 3] = float("inf")
    with pytest.raises(ValueError, match="entropy score of row 1, token 3 is inf"):
        select_key_tokens(signals(entropy_BT=entropy), MASK, KeyTokenConfig())


def test_group_scope_leaves_out_rows_that_lack_the_signal():
    temporal = torch.tensor([[100.0, 99.0, 98.0, 97.0], [1.0, 2.0, 3.0, 4.0]])
    config = KeyTokenConfig(visual_ratio=None, entropy_ratio=None, temporal_ratio=0.25, scope="group")
    mask = torch.ones(2, 4)
    both = select_key_tokens(TokenSignals(temporal_BT=temporal), mask, config, group_size=2)
    assert draw(both.mask_BT) == ["##..", "...."]
    assert both.empty_rows == 1
    given = TokenSignals(temporal_BT=temporal, temporal_rows_B=torch.tensor([False, True]))
    assert draw(select_key_tokens(given, mask, config, group_size=2).mask_BT) == ["....", "...#"]


def test_official_preset_takes_in_ties_and_counts_them():
    zeros = torch.zeros(2, 5)
    config = KeyTokenConfig.preset("official", temporal_ratio=None, entropy_ratio=None)
    key = select_key_tokens(TokenSignals(visual_BT=zeros), torch.ones(2, 5), config, group_size=2)
    assert key.update_ratio == 1.0
    assert key.statistics["visual"].ties == 8


@pytest.mark.parametrize("weighting", ["binary", "softmax", "linear"])
def test_rows_without_valid_tokens(weighting):
    mask = torch.stack([MASK[0], torch.zeros_like(MASK[0])])
    key = select_key_tokens(signals(), mask, KeyTokenConfig(weighting=weighting))
    assert (key.weights_BT[1] == 0).all()
    assert key.empty_rows == 0
    nothing = select_key_tokens(signals(), torch.zeros_like(MASK), KeyTokenConfig(weighting=weighting))
    assert nothing.update_ratio == 0.0
    assert not nothing.mask_BT.any()


def test_soft_weighting_keeps_the_masks_for_the_records():
    config = KeyTokenConfig(weighting="softmax", temporal_ratio=None, entropy_ratio=None)
    key = select_key_tokens(signals(), MASK, config)
    torch.testing.assert_close(key.weights_BT, soft_weights(scores(PEAKS["visual"]), MASK, scheme="softmax"))
    assert draw(key.mask_BT) == ["##........", "........##"]
    assert key.update_ratio == 1.0


def test_soft_weighting_of_a_row_without_signals_is_zero():
    rows = torch.tensor([False, True])
    config = KeyTokenConfig(weighting="linear", combine="mean", entropy_ratio=None)
    key = select_key_tokens(signals(visual_rows_B=rows, temporal_rows_B=rows), MASK, config)
    assert (key.weights_BT[0] == 0).all()
    assert float(key.weights_BT[1].mean()) == pytest.approx(1.0)


def test_bf16_signals_give_float32_weights():
    given = TokenSignals(**{f"{name}_BT": scores(rows).bfloat16() for name, rows in PEAKS.items()})
    key = select_key_tokens(given, MASK, KeyTokenConfig())
    assert key.weights_BT.dtype == torch.float32
    assert draw(key.mask_BT) == ["###...##..", "##....####"]


@pytest.mark.parametrize("weighting", ["binary", "sigmoid"])
def test_inputs_are_left_alone_and_no_gradient_flows(weighting):
    visual = scores(PEAKS["visual"]).requires_grad_()
    given, mask = signals(visual_BT=visual), MASK.clone()
    kept = visual.detach().clone()
    key = select_key_tokens(given, mask, KeyTokenConfig(weighting=weighting))
    assert not key.weights_BT.requires_grad
    assert torch.equal(visual.detach(), kept)
    assert torch.equal(mask, MASK)
    key.mask_BT.fill_(False)
    assert torch.equal(mask, MASK)


def test_all_off_mask_is_not_the_callers_tensor():
    mask = torch.ones(1, 3, dtype=torch.bool)
    config = KeyTokenConfig(visual_ratio=None, temporal_ratio=None, entropy_ratio=None)
    select_key_tokens(TokenSignals(), mask, config).mask_BT.fill_(False)
    assert mask.all()
