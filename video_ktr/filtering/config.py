"""Settings of the difficulty filter."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.filtering.keep_rule import KeepRule

NOT_DECIDING = ("low", "high", "batch_size", "frame_cache", "retry_unreadable", "ray", "engine")
"""Fields that change no trial, so that a run may go on with others; the engine that runs the model is recorded as
`runs_on`."""


@dataclass(frozen=True, kw_only=True)
class RayConfig:
    """How Ray spreads the work. Raises ConfigError for values out of range."""

    engine: Literal["transformers", "vllm"] = "transformers"
    workers: int = 1
    """Copies of the model, each in a process of its own."""
    num_gpus: float = 0.0
    """GPUs a worker, as Ray counts them."""
    num_cpus: float = 1.0
    """CPU cores a worker, as Ray counts them."""
    address: str | None = None
    """A running cluster; None starts one on this machine. Model and media must be readable on every machine of it."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ConfigError(f"ray.workers is {self.workers}: give at least 1")
        for name in ("num_gpus", "num_cpus"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"ray.{name} is {getattr(self, name)}: give 0 or more")


@dataclass(frozen=True, kw_only=True)
class FilterConfig:
    """Settings of one filter run, apart from where its questions come from.

    The defaults are the paper's (8 trials, 20 % to 80 %) and, where it is silent, those of training. Raises
    ConfigError for values out of range.
    """

    model: str
    """Checkpoint folder or hub name; the paper takes the fine-tuned model that reinforcement learning starts from."""
    trials: int = 8
    low: float = 0.2
    high: float = 0.8
    """Bounds of `KeepRule`."""
    seed: int = 0
    batch_size: int = 8
    """Questions tried at once: trials times as many completions."""
    engine: Literal["transformers", "vllm", "ray"] = "transformers"
    engine_kwargs: dict[str, Any] | None = None
    """Arguments of the engine: of `from_pretrained` and `device`, or of `vllm.LLM`."""
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 768
    max_prompt_tokens: int | None = 16384
    """Longest prompt; a question of a longer one is not kept."""
    media: MediaConfig = field(default_factory=MediaConfig)
    frame_cache: str | None = None
    """Folder where decoded frames are kept for the next run."""
    retry_unreadable: bool = False
    """Whether questions recorded as unreadable are tried again."""
    ray: RayConfig = field(default_factory=RayConfig)

    def __post_init__(self) -> None:
        for name in ("trials", "batch_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}: give at least 1")
        KeepRule(low=self.low, high=self.high)

    @property
    def rule(self) -> KeepRule:
        """Which questions are kept."""
        return KeepRule(low=self.low, high=self.high)

    @property
    def runs_on(self) -> str:
        """The engine that runs the model, here or in Ray's workers."""
        return self.ray.engine if self.engine == "ray" else self.engine

    def deciding(self) -> dict[str, Any]:
        """All settings that decide what the trials give, resolved, as plain values."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in NOT_DECIDING}
        media = {name: value for name, value in asdict(self.media).items() if name != "time_limit_seconds"}
        return {**own, "media": media, "runs_on": self.runs_on}
