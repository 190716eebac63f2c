"""The reinforcement learning methods and rewards that a recipe can name."""

from dataclasses import dataclass
from typing import Any

from video_ktr.errors import ConfigError
from video_ktr.rewards import accuracy_reward, format_reward, length_reward
from video_ktr.training import VideoGRPOConfig, VideoGRPOTrainer, VideoKTRConfig, VideoKTRTrainer


@dataclass(frozen=True)
class Method:
    """A trainer and the config it takes."""

    config: type[Any]
    trainer: type[Any]


METHODS: dict[str, Method] = {
    "video_ktr": Method(VideoKTRConfig, VideoKTRTrainer),
    "grpo": Method(VideoGRPOConfig, VideoGRPOTrainer),
}
REWARDS: dict[str, Any] = {"accuracy": accuracy_reward, "format": format_reward, "length": length_reward}


def find_method(name: Any) -> Method:
    """Look a method up. Raises ConfigError that lists the names when there is none."""
    if not isinstance(name, str) or name not in METHODS:
        raise ConfigError(f"method {name!r} is unknown: use one of {', '.join(METHODS)}")
    return METHODS[name]


def find_rewards(names: Any) -> list[Any]:
    """Look reward functions up. Raises ConfigError that lists the names when one is unknown or none is given."""
    if not isinstance(names, list) or not names:
        raise ConfigError(f"rewards is {names!r}: give a list of {', '.join(REWARDS)}")
    for name in names:
        if not isinstance(name, str) or name not in REWARDS:
            raise ConfigError(f"reward {name!r} is unknown: use one of {', '.join(REWARDS)}")
    return [REWARDS[name] for name in names]
