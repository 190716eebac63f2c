"""Settings of an evaluation, apart from where its questions come from."""

from dataclasses import dataclass
from typing import ClassVar

from video_ktr.generation.model_settings import ModelSettings


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig(ModelSettings):
    """Settings of one model at one number of frames (``media.max_frames``).

    Greedy, where the published script draws at temperature 0.1 with top_p 0.001: nearly the same, and repeatable. The
    length limits are the published ones. Raises ConfigError for values out of range.
    """

    not_deciding: ClassVar[tuple[str, ...]] = (*ModelSettings.not_deciding, "retry_failed")

    temperature: float = 0.0
    max_new_tokens: int = 1024
    retry_failed: bool = False
    """Whether questions recorded as failed, or as of missing or unreadable media, are asked again."""
