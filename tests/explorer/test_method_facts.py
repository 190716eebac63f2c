from video_ktr.attribution import KeyTokenConfig
from video_ktr.explorer.method_facts import method_facts, signal_ratios


def test_signals_that_are_off_are_left_out():
    config = KeyTokenConfig(visual_ratio=0.1, temporal_ratio=None, entropy_ratio=0)
    assert signal_ratios(config) == {"visual": 0.1}
    assert method_facts(config) == {"without video": "zero", "shift": "log_prob"}
    assert method_facts(KeyTokenConfig(visual_ratio=0, temporal_ratio=0)) == {}


def test_what_is_unusual_is_named():
    assert method_facts(KeyTokenConfig.preset("official")) == {
        "without video": "attention",
        "other order": "shuffle, by frame",
        "shift": "log_prob, signed",
    }
    facts = method_facts(KeyTokenConfig(control="inverted", ratio_rule="adaptive"))
    assert (facts["control"], facts["ratio rule"]) == ("inverted", "adaptive")
    assert method_facts(KeyTokenConfig(weighting="linear"))["weighting"] == "linear"
