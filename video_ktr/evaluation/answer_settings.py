"""The settings of asking one question at a time."""

from dataclasses import dataclass, field
from functools import partial

from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.generation.model_settings import ModelSettings

MEDIA_PRESET = "evaluation-16"


@dataclass(frozen=True, kw_only=True)
class AnswerSettings(ModelSettings):
    """Settings of an `Answerer`: greedy, and the media of the published evaluation, unless told otherwise.

    Raises ConfigError for values out of range, and for an engine that cannot give token by token.
    """

    temperature: float = 0.0
    max_new_tokens: int = 1024
    media: MediaConfig = field(default_factory=partial(MediaConfig.preset, MEDIA_PRESET))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.engine != "transformers":
            raise ConfigError(f"engine is {self.engine!r}: replies are streamed and explained by 'transformers' only")
