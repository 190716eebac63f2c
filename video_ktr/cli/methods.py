"""The reinforcement learning methods that a recipe can name."""

from dataclasses import dataclass
from typing import Any

from video_ktr.cli.config_building import field_names
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError
from video_ktr.training import (
    HighEntropyConfig,
    HighEntropyTrainer,
    TGRPOConfig,
    TGRPOTrainer,
    TWGRPOConfig,
    TWGRPOTrainer,
    VideoGRPOConfig,
    VideoGRPOTrainer,
    VideoKTRConfig,
    VideoKTRTrainer,
)


@dataclass(frozen=True)
class Method:
    """A trainer and the config it takes."""

    config: type[Any]
    trainer: type[Any]


METHODS: dict[str, Method] = {
    "video_ktr": Method(VideoKTRConfig, VideoKTRTrainer),
    "grpo": Method(VideoGRPOConfig, VideoGRPOTrainer),
    "t_grpo": Method(TGRPOConfig, TGRPOTrainer),
    "tw_grpo": Method(TWGRPOConfig, TWGRPOTrainer),
    "high_entropy": Method(HighEntropyConfig, HighEntropyTrainer),
}


def find_method(name: Any) -> Method:
    """Look a method up. Raises ConfigError that lists the names when there is none."""
    if not isinstance(name, str) or name not in METHODS:
        raise ConfigError(f"method {name!r} is unknown: use one of {', '.join(METHODS)}")
    return METHODS[name]


def without_other_methods(settings: Settings, name: str) -> Settings:
    """The settings without those of other methods that are null, so that one recipe serves every method.

    A setting that every method has means the same in all of them. Raises ConfigError for one that method `name` does
    not have and another has, unless it is null.

    Example:
        recipes/toy.yaml with `--method grpo --preset null --token_record_rate null` is plain GRPO on the same terms.
    """
    own = set(field_names(find_method(name).config))
    kept = {}
    for key, value in settings.items():
        others = [other for other, method in METHODS.items() if key not in own and key in field_names(method.config)]
        if others and value is not None:
            raise ConfigError(
                f"{key} is a setting of method {' and '.join(others)}, and the method is {name}: set it to null, or "
                "leave it out"
            )
        if not others:
            kept[key] = value
    return kept
