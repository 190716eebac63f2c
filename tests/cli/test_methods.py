import pytest

from video_ktr.cli.methods import find_method, find_rewards
from video_ktr.errors import ConfigError
from video_ktr.rewards import accuracy_reward, length_reward
from video_ktr.training import VideoGRPOTrainer, VideoKTRConfig


def test_names_lead_to_classes():
    assert find_method("video_ktr").config is VideoKTRConfig
    assert find_method("grpo").trainer is VideoGRPOTrainer
    assert find_rewards(["length", "accuracy"]) == [length_reward, accuracy_reward]


def test_unknown_names_list_the_valid_ones():
    with pytest.raises(ConfigError, match="'ppo' is unknown: use one of video_ktr, grpo"):
        find_method("ppo")
    with pytest.raises(ConfigError, match="'style' is unknown: use one of accuracy, format, length"):
        find_rewards(["accuracy", "style"])


@pytest.mark.parametrize("names", [[], None, "accuracy"])
def test_rewards_are_a_list(names):
    with pytest.raises(ConfigError, match="give a list"):
        find_rewards(names)
