import json
from dataclasses import fields
from pathlib import Path

import pytest

from video_ktr.cli.config_building import build_config, field_names
from video_ktr.cli.methods import METHODS, find_method, without_other_methods
from video_ktr.cli.train import train
from video_ktr.errors import ConfigError
from video_ktr.training import TGRPOTrainer, TWGRPOConfig, VideoGRPOConfig, VideoGRPOTrainer, VideoKTRConfig

OF_VIDEO_KTR = ("preset", "token_record_rate")
DEFINED_BY_A_METHOD = {"tw_grpo": {"loss_type", "epsilon_high"}, "high_entropy": {"top_entropy_quantile"}}


def shared(settings, method):
    """The recipe as every method takes it."""
    return {**without_other_methods({**settings, **dict.fromkeys(OF_VIDEO_KTR)}, method), "method": method}


def test_names_lead_to_classes():
    assert find_method("video_ktr").config is VideoKTRConfig
    assert find_method("grpo").trainer is VideoGRPOTrainer
    assert find_method("t_grpo").trainer is TGRPOTrainer
    assert find_method("tw_grpo").config is TWGRPOConfig
    assert all(method.trainer.config_type is method.config for method in METHODS.values())


def test_unknown_names_list_the_valid_ones():
    with pytest.raises(
        ConfigError, match="'ppo' is unknown: use one of video_ktr, grpo, t_grpo, tw_grpo, high_entropy"
    ):
        find_method("ppo")


@pytest.mark.parametrize("method", ["grpo", "t_grpo", "tw_grpo", "high_entropy"])
def test_a_toy_run_by_name(rl_settings, method):
    train({**shared(rl_settings, method), "max_steps": 1})
    folder = Path(rl_settings["output_dir"])
    (line,) = [json.loads(text) for text in (folder / "metrics.jsonl").read_text().splitlines() if '"loss"' in text]
    assert ("temporal_rewards" in line) == (method == "t_grpo")
    assert ("token_weight" in line) == (method == "tw_grpo")
    assert (folder / "final" / "done").exists()


def test_what_methods_share_is_equal(rl_settings):
    configs = {}
    for name, method in METHODS.items():
        settings = rl_settings if name == "video_ktr" else shared(rl_settings, name)
        own = {key: value for key, value in settings.items() if key in field_names(method.config)}
        configs[name] = build_config(method.config, own)
    for name, config in configs.items():
        theirs = {
            f.name for f in fields(VideoGRPOConfig) if getattr(config, f.name) != getattr(configs["grpo"], f.name)
        }
        assert theirs == DEFINED_BY_A_METHOD.get(name, set())


def test_settings_of_other_methods_are_refused_by_name(rl_settings):
    with pytest.raises(ConfigError, match="preset is a setting of method video_ktr, and the method is t_grpo: set it"):
        without_other_methods(rl_settings, "t_grpo")
    with pytest.raises(ConfigError, match="temporal_mu is a setting of method t_grpo, and the method is grpo"):
        without_other_methods({"temporal_mu": 1.0}, "grpo")


def test_null_is_as_good_as_left_out_and_unknown_keys_are_left_for_their_own_check():
    settings = {"preset": None, "learnig_rate": 1.0, "learning_rate": None, "model": "m"}
    assert without_other_methods(settings, "grpo") == {"learnig_rate": 1.0, "learning_rate": None, "model": "m"}
    assert without_other_methods(settings, "video_ktr") == settings
