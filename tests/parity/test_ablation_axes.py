"""Every axis of the paper's ablations, from a recipe's `key_tokens` to the tokens that learn."""

import itertools
import math

import pytest
import torch

from tests.tiny import build_tiny_model
from video_ktr.attribution import KeyTokenConfig, select_key_tokens
from video_ktr.scoring import CompletionScorer, SignalRequest, token_signals
from video_ktr.training import VideoKTRConfig
from video_ktr.training.seeds import derived_generator

SIGNALS = ("visual", "temporal", "entropy")
LENGTHS = [9, 4, 1, 7, 6, 3, 8]
HAVE = {
    "visual": [True, True, True, True, True, False, True],
    "temporal": [True, True, True, False, True, False, False],
    "entropy": [True] * 7,
}
"""Rows of two videos, an image and a text, as `mixed_prompts` and `completions` have them."""


@pytest.fixture(scope="module")
def scorer():
    return CompletionScorer(build_tiny_model("qwen2_5_vl"))


def resolved(**key_tokens):
    """What a recipe's section comes to."""
    config = VideoKTRConfig(output_dir="unused", bf16=False, use_cpu=True, report_to=[], key_tokens=key_tokens)
    return config.key_token_config


@pytest.fixture
def attribute(scorer, mixed_prompts, completions):
    def run(**key_tokens):
        config = resolved(**key_tokens)
        generators = [derived_generator(0, i) for i in range(4)]
        donors = [mixed_prompts[1], mixed_prompts[0], None, None]
        request = SignalRequest(mixed_prompts, completions, generators, donors)
        signals, _ = token_signals(scorer, request, config)
        return signals, select_key_tokens(signals, completions.mask_BT, config)

    return run


def share(ratio, rows):
    return [math.ceil(round(ratio * n, 6)) if has else 0 for n, has in zip(LENGTHS, rows, strict=True)]


@pytest.mark.parametrize("on", [s for n in range(4) for s in itertools.combinations(SIGNALS, n)], ids="+".join)
def test_eight_subsets_of_signals(attribute, completions, on):
    signals, keys = attribute(**{f"{name}_ratio": 0.2 if name in on else None for name in SIGNALS})
    for name in SIGNALS:
        mask = getattr(keys, f"{name}_BT")
        assert (mask is not None) == (getattr(signals, f"{name}_BT") is not None) == (name in on)
        assert mask is None or mask.sum(1).tolist() == share(0.2, HAVE[name])
    masks = [getattr(keys, f"{name}_BT") for name in on] or [completions.mask_BT.bool()]
    assert torch.equal(keys.mask_BT, torch.stack(masks).any(0))


@pytest.mark.parametrize("ratio", [0.1, 0.2, 0.3, 0.4, 0.5])
def test_ratios_from_10_to_50_percent(attribute, ratio):
    _, keys = attribute(**{f"{name}_ratio": ratio for name in SIGNALS})
    for name in SIGNALS:
        assert getattr(keys, f"{name}_BT").sum(1).tolist() == share(ratio, HAVE[name])
    # The union lies between one signal's share and the sum of the three.
    one, union = keys.entropy_BT.sum(1), keys.mask_BT.sum(1)
    assert (union >= one).all()
    assert (union <= 3 * one).all()


@pytest.mark.parametrize("kind", ["zero", "half", "replace", "attention", "grey", "dark", "mean"])
def test_visual_perturbations_differ_and_select_their_share(attribute, kind):
    signals, keys = attribute(visual_perturbation=kind)
    have = signals.visual_rows_B.tolist()
    # The image has no donor.
    assert have == ([*HAVE["temporal"]] if kind == "replace" else HAVE["visual"])
    assert keys.visual_BT.sum(1).tolist() == share(0.2, have)
    # The tiny tower has no biases yet: grey, which is 0 after normalisation, comes out of it as 0.
    if kind not in ("zero", "grey"):
        zeroed, _ = attribute()
        assert not torch.allclose(signals.visual_BT, zeroed.visual_BT, atol=1e-3)
        torch.testing.assert_close(signals.entropy_BT, zeroed.entropy_BT)


@pytest.mark.parametrize("kind", ["shuffle", "reverse", "segment"])
@pytest.mark.parametrize("unit", ["frame", "slot"])
def test_temporal_perturbations_select_their_share(attribute, kind, unit):
    length = 2 if unit == "frame" else 1
    signals, keys = attribute(temporal_perturbation=kind, temporal_unit=unit, segment_length=length)
    assert signals.temporal_rows_B.tolist() == HAVE["temporal"]
    assert keys.temporal_BT.sum(1).tolist() == share(0.2, HAVE["temporal"])
    assert (signals.temporal_BT[HAVE["temporal"]] > 0).any()


def test_segments_of_four_need_eight_frames(attribute):
    # Videos of six and of seven frames.
    signals, _ = attribute(temporal_perturbation="segment")
    assert not signals.temporal_rows_B.any()


@pytest.mark.parametrize("distance", ["log_prob", "l1", "l2", "kl", "js", "cosine", "hellinger"])
def test_seven_distances_select_their_share(attribute, distance):
    signals, keys = attribute(distance=distance)
    assert keys.visual_BT.sum(1).tolist() == share(0.2, HAVE["visual"])
    assert keys.temporal_BT.sum(1).tolist() == share(0.2, HAVE["temporal"])
    assert (signals.visual_BT >= 0).all()


@pytest.mark.parametrize("distance", ["l1", "l2", "cosine"])
def test_distances_of_logits(attribute, distance):
    probabilities, _ = attribute(distance=distance)
    logits, keys = attribute(distance=distance, distance_space="logit")
    assert not torch.allclose(probabilities.visual_BT, logits.visual_BT, atol=1e-3)
    assert keys.visual_BT.sum(1).tolist() == share(0.2, HAVE["visual"])


@pytest.mark.parametrize("distance", ["l2", "js", "cosine"])
def test_distances_never_hold_the_logits_of_all_positions(scorer, attribute, monkeypatch, distance):
    whole, _ = attribute(distance=distance)
    # Room for three positions of both passes at once.
    monkeypatch.setattr("video_ktr.scoring.token_stats.CHUNK_ELEMENTS", 3 * 2 * scorer.parts.lm_head.weight.shape[0])
    held = []
    hook = scorer.parts.lm_head.register_forward_hook(lambda *call: held.append(len(call[2])))
    chunked, _ = attribute(distance=distance)
    hook.remove()
    assert max(held) == 3
    # 35 tokens with a visual and 20 with a temporal counterfactual, in both passes.
    assert sum(held) == 2 * (35 + 20)
    torch.testing.assert_close(chunked.visual_BT, whole.visual_BT, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("weighting", ["softmax", "sigmoid", "linear", "exponential", "rank_sigmoid"])
@pytest.mark.parametrize("combine", ["max", "mean"])
def test_soft_weightings_have_mean_one(attribute, completions, weighting, combine):
    _, keys = attribute(weighting=weighting, combine=combine)
    torch.testing.assert_close(keys.weights_BT.sum(1), completions.mask_BT.sum(1).float())
    assert (keys.weights_BT >= 0).all()
    assert keys.weights_BT[0].unique().numel() > 2


@pytest.mark.parametrize(
    ("key_tokens", "field", "value"),
    [
        ({"scope": "group"}, "scope", "group"),
        ({"signed": True}, "signed", True),
        ({"kl_tokens": "selected"}, "kl_tokens", "selected"),
        ({"normalizer": "selected"}, "normalizer", "selected"),
        ({"control": "random"}, "control", "random"),
        ({"ratio_rule": "adaptive", "ratio_max": 0.4}, "ratio_max", 0.4),
    ],
)
def test_the_remaining_axes_are_reached_from_a_recipe(key_tokens, field, value):
    assert getattr(KeyTokenConfig(), field) != value
    assert getattr(resolved(**key_tokens), field) == value


def test_scope_and_sign_change_the_choice(attribute):
    _, paper = attribute()
    _, group = attribute(scope="group")
    _, signed = attribute(signed=True)
    # 38 tokens in one group: quantile position 0.8 * 37 = 29.6, so eight of them, and those equal to the eighth.
    assert int(group.entropy_BT.sum()) == 8 + group.statistics["entropy"].ties
    assert not torch.equal(paper.entropy_BT, group.entropy_BT)
    assert not torch.equal(paper.visual_BT, signed.visual_BT)
