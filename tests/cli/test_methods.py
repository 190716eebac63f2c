import pytest

from video_ktr.cli.methods import find_method
from video_ktr.errors import ConfigError
from video_ktr.training import VideoGRPOTrainer, VideoKTRConfig


def test_names_lead_to_classes():
    assert find_method("video_ktr").config is VideoKTRConfig
    assert find_method("grpo").trainer is VideoGRPOTrainer


def test_unknown_names_list_the_valid_ones():
    with pytest.raises(ConfigError, match="'ppo' is unknown: use one of video_ktr, grpo"):
        find_method("ppo")
