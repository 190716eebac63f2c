from dataclasses import replace

import pytest
import torch

from tests.tiny import build_tiny_model, random_prompt
from video_ktr.attribution import KeyTokenConfig, reorder_slots
from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring import CompletionScorer
from video_ktr.scoring.counterfactual import hide_video, reorder_video, same_kind
from video_ktr.training.seeds import derived_generator


@pytest.fixture(scope="module")
def scorer():
    return CompletionScorer(build_tiny_model("qwen2_5_vl"))


def generators(count):
    return [derived_generator(0, index) for index in range(count)]


def hide(scorer, prompts, donors=None, **settings):
    config = KeyTokenConfig(**settings)
    return hide_video(scorer, prompts, scorer.view(prompts), config, generators(len(prompts)), donors=donors)


def reorder(scorer, prompts, **settings):
    config = KeyTokenConfig(**settings)
    return reorder_video(scorer, prompts, scorer.view(prompts), config, generators(len(prompts)))


def test_zeroed_features_leave_every_position_where_it_was(scorer, mixed_prompts):
    hidden = hide(scorer, mixed_prompts, visual_perturbation="zero")
    for before, after in zip(scorer.view(mixed_prompts), hidden.views, strict=True):
        assert torch.equal(after.positions_3P, before.positions_3P)
        assert after.next_position == before.next_position
        assert all(not features.any() for features in (*after.video_features, *after.image_features))
    assert hidden.exists == [True, True, True, False]


def test_attention_variant_deletes_the_tokens_and_moves_the_text(scorer, mixed_prompts):
    hidden = hide(scorer, mixed_prompts, visual_perturbation="attention")
    for before, after in zip(scorer.view(mixed_prompts)[:3], hidden.views, strict=False):
        text = int((before.mm_types_P == 0).sum())
        assert after.positions_3P.tolist() == [list(range(text))] * 3
        assert after.next_position == text < before.next_position
        assert after.input_ids_P.tolist() == before.input_ids_P[before.mm_types_P == 0].tolist()


@pytest.mark.parametrize("kind", ["zero", "half", "mean", "attention"])
def test_no_vision_pass_for_feature_counterfactuals(scorer, mixed_prompts, kind):
    views = scorer.view(mixed_prompts)
    calls = []
    hook = scorer.parts.core.visual.register_forward_pre_hook(lambda *_: calls.append(1))
    hide_video(scorer, mixed_prompts, views, KeyTokenConfig(visual_perturbation=kind), generators(4))
    reorder_video(scorer, mixed_prompts, views, KeyTokenConfig(temporal_unit="slot"), generators(4))
    hook.remove()
    assert not calls


def test_reordered_frames_cost_one_vision_pass(scorer, mixed_prompts):
    views = scorer.view(mixed_prompts)
    calls = []
    hook = scorer.parts.core.visual.register_forward_pre_hook(lambda *_: calls.append(1))
    reorder_video(scorer, mixed_prompts, views, KeyTokenConfig(), generators(4))
    hook.remove()
    assert len(calls) == 1


@pytest.mark.parametrize("kind", ["grey", "dark"])
def test_painted_pixels_show_the_same_in_every_slot(scorer, mixed_prompts, kind):
    features_ND = hide(scorer, mixed_prompts, visual_perturbation=kind).views[0].video_features[0]
    slots = features_ND.reshape(3, -1, features_ND.shape[1])
    torch.testing.assert_close(slots[0], slots[1])
    assert not torch.equal(features_ND, scorer.view(mixed_prompts)[0].video_features[0])


def test_replacement_shows_the_donor_on_the_same_grid(scorer, mixed_prompts):
    donor = random_prompt(torch.Generator().manual_seed(1), text=(1, 1), video=(3, 4, 4))
    hidden = hide(scorer, mixed_prompts[:1], donors=[donor], visual_perturbation="replace")
    torch.testing.assert_close(hidden.views[0].video_features[0], scorer.view([donor])[0].video_features[0])
    assert torch.equal(hidden.views[0].positions_3P, scorer.view(mixed_prompts[:1])[0].positions_3P)


def test_without_a_donor_there_is_no_signal(scorer, mixed_prompts):
    hidden = hide(scorer, mixed_prompts[:2], donors=[None, mixed_prompts[0]], visual_perturbation="replace")
    assert hidden.exists == [False, True]


def test_donors_must_show_what_the_prompt_shows(mixed_prompts):
    video, other, image, text = mixed_prompts
    assert same_kind(video, other)
    again = replace(video, video_patches_KD=video.video_patches_KD.clone())
    assert not same_kind(video, again)
    assert not same_kind(video, image)
    assert not same_kind(image, text)


def test_slot_order_moves_features_only(scorer, mixed_prompts):
    before = scorer.view(mixed_prompts)[0]
    after = reorder(scorer, mixed_prompts, temporal_unit="slot", temporal_perturbation="reverse").views[0]
    expected_ND = reorder_slots(before.video_features[0], 3, torch.tensor([2, 1, 0]))
    assert torch.equal(after.video_features[0], expected_ND)
    assert torch.equal(after.positions_3P, before.positions_3P)


def test_moving_whole_slots_by_frames_equals_moving_their_features(scorer, mixed_prompts):
    # Six frames in segments of two are three slots: whichever way they move, the vision tower sees the same pairs.
    settings = {"temporal_perturbation": "segment", "segment_length": 2}
    by_frames = reorder(scorer, mixed_prompts[:1], temporal_unit="frame", **settings).views[0]
    slots = by_frames.video_features[0].reshape(3, -1)
    original = scorer.view(mixed_prompts[:1])[0].video_features[0].reshape(3, -1)
    matches = [[torch.allclose(a, b, atol=1e-5) for b in original] for a in slots]
    assert sorted(row.index(True) for row in matches) == [0, 1, 2]
    assert matches != [[True, False, False], [False, True, False], [False, False, True]]


def test_what_cannot_be_reordered_has_no_temporal_signal(scorer, mixed_prompts):
    generator = torch.Generator().manual_seed(2)
    one_frame = random_prompt(generator, text=(1, 1), video=(1, 4, 4), num_frames=1)
    moved = reorder(scorer, [*mixed_prompts, one_frame])
    assert moved.exists == [True, True, False, False, False]


def test_the_same_generator_gives_the_same_counterfactual(scorer, mixed_prompts):
    first, second = (reorder(scorer, mixed_prompts).views[1].video_features[0] for _ in range(2))
    assert torch.equal(first, second)


def test_arguments_are_not_written_to(scorer, mixed_prompts):
    patches = [p.video_patches_KD.clone() for p in mixed_prompts[:2]]
    for kind in ("zero", "half", "grey"):
        hide(scorer, mixed_prompts, visual_perturbation=kind)
    reorder(scorer, mixed_prompts)
    for prompt, before in zip(mixed_prompts, patches, strict=False):
        assert isinstance(prompt, EncodedPrompt)
        assert torch.equal(prompt.video_patches_KD, before)
