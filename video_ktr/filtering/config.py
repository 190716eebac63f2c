"""Settings of the difficulty filter."""

from dataclasses import dataclass
from typing import ClassVar

from video_ktr.errors import ConfigError
from video_ktr.filtering.keep_rule import KeepRule
from video_ktr.generation.model_settings import ModelSettings


@dataclass(frozen=True, kw_only=True)
class FilterConfig(ModelSettings):
    """Settings of one filter run, apart from where its questions come from.

    The paper takes as `model` the fine-tuned one that reinforcement learning starts from. The defaults are the paper's
    (8 trials, 20 % to 80 %) and, where it is silent, those of training. A batch is `trials` times as many completions.
    Raises ConfigError for values out of range.
    """

    not_deciding: ClassVar[tuple[str, ...]] = (*ModelSettings.not_deciding, "low", "high", "retry_unreadable")

    trials: int = 8
    low: float = 0.2
    high: float = 0.8
    """Bounds of `KeepRule`."""
    retry_unreadable: bool = False
    """Whether questions recorded as unreadable are tried again."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trials < 1:
            raise ConfigError(f"trials is {self.trials}: give at least 1")
        KeepRule(low=self.low, high=self.high)

    @property
    def rule(self) -> KeepRule:
        """Which questions are kept."""
        return KeepRule(low=self.low, high=self.high)
