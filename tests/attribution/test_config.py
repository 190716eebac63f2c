import dataclasses

import pytest

from video_ktr.attribution import KeyTokenConfig
from video_ktr.errors import ConfigError

SIGNALS = ("visual_ratio", "temporal_ratio", "entropy_ratio")


def test_paper_preset_is_the_default():
    assert KeyTokenConfig.preset("paper") == KeyTokenConfig()
    config = KeyTokenConfig()
    assert (config.visual_ratio, config.temporal_ratio, config.entropy_ratio) == (0.2, 0.2, 0.2)
    assert (config.scope, config.signed, config.visual_perturbation) == ("sequence", False, "zero")
    assert (config.kl_tokens, config.normalizer, config.weighting) == ("all", "all", "binary")
    assert (config.ratio_rule, config.control, config.needs_whole_groups) == ("fixed", "none", False)


def test_what_needs_whole_groups():
    assert KeyTokenConfig(scope="group").needs_whole_groups
    assert KeyTokenConfig(ratio_rule="adaptive", ratio_min=0.1, ratio_max=0.3).needs_whole_groups


def test_official_preset_differs_in_five_fields():
    paper, official = (dataclasses.asdict(KeyTokenConfig.preset(name)) for name in ("paper", "official"))
    assert {name: value for name, value in official.items() if value != paper[name]} == {
        "signed": True,
        "scope": "group",
        "visual_perturbation": "attention",
        "kl_tokens": "selected",
        "normalizer": "selected",
    }


def test_overrides_win_and_unknown_ones_are_refused():
    assert KeyTokenConfig.preset("official", scope="sequence", entropy_ratio=None).scope == "sequence"
    with pytest.raises(ConfigError, match="unknown key-token setting 'ratio'; the settings are: visual_ratio"):
        KeyTokenConfig.preset("paper", ratio=0.3)
    with pytest.raises(ConfigError, match="paper, official"):
        KeyTokenConfig.preset("ours")


@pytest.mark.parametrize("off", [None, 0, 0.0])
def test_signals_can_be_turned_off(off):
    config = KeyTokenConfig(visual_ratio=off, temporal_ratio=1)
    assert not config.uses_visual
    assert config.uses_temporal
    assert config.uses_entropy


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"visual_ratio": 1.7}, "visual_ratio is 1.7; it is a share of tokens and must lie between 0 and 1"),
        ({"temporal_ratio": -0.2}, "temporal_ratio is -0.2"),
        ({"entropy_ratio": float("nan")}, "entropy_ratio is nan"),
        ({"entropy_ratio": "0.2"}, "entropy_ratio is '0.2'"),
        ({"scope": "batch"}, "scope is 'batch'; use one of: sequence, group"),
        ({"distance": "euclid"}, "use one of: log_prob, l1, l2, kl, js, cosine, hellinger"),
        ({"visual_perturbation": "blur"}, "zero, half, mean, replace, attention, grey, dark"),
        ({"temporal_perturbation": "swap"}, "shuffle, reverse, segment"),
        ({"temporal_unit": "second"}, "frame, slot"),
        ({"weighting": "gauss"}, "binary, softmax, sigmoid, linear, exponential, rank_sigmoid"),
        ({"segment_length": 0}, "segment_length is 0"),
        ({"signed": True, "distance": "js"}, "signed needs distance 'log_prob'"),
        ({"distance_space": "logit"}, "set distance_space to 'prob'"),
        ({"distance_space": "logit", "distance": "kl"}, "l1, l2, cosine"),
        ({"combine": "mean"}, "no effect on weighting 'binary'"),
        ({"weighting": "linear", "kl_tokens": "selected"}, "set kl_tokens to 'all'"),
        ({"weighting": "linear", "normalizer": "selected"}, "set normalizer to 'all'"),
        ({"control": "shuffled"}, "control is 'shuffled'; use one of: none, random, inverted"),
        ({"control": "random", "weighting": "linear"}, "control 'random' needs weighting 'binary'"),
        ({"control": "inverted", **dict.fromkeys(SIGNALS)}, "control 'inverted' needs a signal, and all are off"),
        ({"ratio_rule": "free"}, "ratio_rule is 'free'; use one of: fixed, adaptive"),
        ({"ratio_rule": "adaptive", "weighting": "sigmoid"}, "ratio_rule 'adaptive' needs weighting 'binary'"),
        ({"ratio_rule": "adaptive", **dict.fromkeys(SIGNALS)}, "ratio_rule 'adaptive' needs a signal"),
        ({"ratio_rule": "adaptive", "ratio_min": 0.6}, "ratio_min 0.6 is above ratio_max 0.5"),
        ({"ratio_rule": "adaptive", "ratio_max": 1.5}, "ratio_max is 1.5; it is a share of tokens"),
        ({"ratio_rule": "adaptive", "ratio_min": None}, "ratio_min is None; it is a share of tokens"),
        ({"ratio_max": 0.4}, "ratio_min and ratio_max need ratio_rule 'adaptive'"),
        (
            {"weighting": "softmax", "visual_ratio": 0, "temporal_ratio": None, "entropy_ratio": 0.0},
            "set weighting to 'binary' for plain GRPO",
        ),
    ],
)
def test_mistakes_end_in_one_line_with_the_fix(settings, message):
    with pytest.raises(ConfigError) as caught:
        KeyTokenConfig(**settings)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_config_is_frozen_and_keyword_only():
    with pytest.raises(dataclasses.FrozenInstanceError):
        KeyTokenConfig().scope = "group"
    with pytest.raises(TypeError):
        KeyTokenConfig(0.2)
