"""The reinforcement learning methods that a recipe can name."""

from dataclasses import dataclass
from typing import Any

from video_ktr.errors import ConfigError
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


def find_method(name: Any) -> Method:
    """Look a method up. Raises ConfigError that lists the names when there is none."""
    if not isinstance(name, str) or name not in METHODS:
        raise ConfigError(f"method {name!r} is unknown: use one of {', '.join(METHODS)}")
    return METHODS[name]
