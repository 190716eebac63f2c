"""Counterfactual videos: orders of frames, and what hiding does to positions."""

import pytest
import torch

from video_ktr.attribution import KeyTokenConfig, frame_order
from video_ktr.scoring import CompletionScorer
from video_ktr.scoring.counterfactual import hide_video


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_n_a_shuffle_is_never_the_identity():
    orders = [frame_order(3, "shuffle", generator=seeded(seed)).tolist() for seed in range(60)]
    # All five other orders of three frames, and not 0, 1, 2.
    assert {tuple(order) for order in orders} == {(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)}
    assert all(frame_order(2, "shuffle", generator=seeded(seed)).tolist() == [1, 0] for seed in range(20))


def test_n_the_remainder_of_segments_stays_at_the_end():
    # Ten frames in segments of four: two segments, which can only swap, and two frames left over.
    for seed in range(10):
        assert frame_order(10, "segment", generator=seeded(seed)).tolist() == [4, 5, 6, 7, 0, 1, 2, 3, 8, 9]


def test_n_reverse():
    assert frame_order(4, "reverse").tolist() == [3, 2, 1, 0]


def hidden(model, prompts, kind):
    scorer = CompletionScorer(model)
    views = scorer.view(prompts)
    config = KeyTokenConfig(visual_perturbation=kind)
    return views, hide_video(scorer, prompts, views, config, [seeded(i) for i in range(len(prompts))]).views


@pytest.mark.parametrize("kind", ["zero", "half", "mean"])
def test_o_hidden_features_leave_text_positions_unchanged(tiny_model, mixed_prompts, kind):
    for before, after in zip(*hidden(tiny_model, mixed_prompts, kind), strict=True):
        assert torch.equal(after.positions_3P, before.positions_3P)
        assert torch.equal(after.input_ids_P, before.input_ids_P)
        assert after.next_position == before.next_position


def test_o_the_attention_variant_moves_the_text_after_the_video(tiny_model, mixed_prompts):
    before, after = (views[0] for views in hidden(tiny_model, mixed_prompts, "attention"))
    # 4 + 6 words and the two brackets; twelve tokens of video between them.
    assert len(before.input_ids_P) == 12 + 12
    assert len(after.input_ids_P) == 12
    assert after.positions_3P.tolist() == [list(range(12))] * 3
    assert after.next_position == 12 < before.next_position
