"""How Ray spreads the work."""

from dataclasses import dataclass
from typing import Literal

from video_ktr.errors import ConfigError


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
