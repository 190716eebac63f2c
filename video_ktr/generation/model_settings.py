"""The settings of verbs that ask a model many questions: the model, its engine, how it draws, what it is shown."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Literal

from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.jobs.ray_config import RayConfig


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Settings of one run. Raises ConfigError for values out of range."""

    not_deciding: ClassVar[tuple[str, ...]] = ("batch_size", "frame_cache", "ray", "engine")
    """Fields that change no output, so that a run may go on with others; the engine that runs the model is recorded
    as `runs_on`."""

    model: str
    """Checkpoint folder or hub name."""
    seed: int = 0
    batch_size: int = 8
    """Questions asked at once."""
    engine: Literal["transformers", "vllm", "ray"] = "transformers"
    engine_kwargs: dict[str, Any] | None = None
    """Arguments of the engine: of `from_pretrained` and `device`, or of `vllm.LLM`."""
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 768
    max_prompt_tokens: int | None = 16384
    """Longest prompt; a question of a longer one is not asked."""
    media: MediaConfig = field(default_factory=MediaConfig)
    frame_cache: str | None = None
    """Folder where decoded frames are kept for the next run."""
    ray: RayConfig = field(default_factory=RayConfig)

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ConfigError(f"batch_size is {self.batch_size}: give at least 1")

    @property
    def runs_on(self) -> str:
        """The engine that runs the model, here or in Ray's workers."""
        return self.ray.engine if self.engine == "ray" else self.engine

    def deciding(self) -> dict[str, Any]:
        """All settings that decide what the model writes, resolved, as plain values."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in self.not_deciding}
        media = {name: value for name, value in asdict(self.media).items() if name != "time_limit_seconds"}
        return {**own, "media": media, "runs_on": self.runs_on}
