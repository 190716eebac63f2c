"""Settings that every trainer shares: how media become prompts, and what becomes of media that cannot be read."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from video_ktr.data.frame_cache import FrameCache
from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.training.unreadable import LenientEncoder


def build_section(name: str, kind: type[Any], values: dict[str, Any] | None) -> Any:
    """A settings record from a plain mapping; an unknown key is a ConfigError that lists the known ones."""
    known = [f.name for f in fields(kind)]
    unknown = sorted(set(values or {}) - set(known))
    if unknown:
        raise ConfigError(f"unknown key {unknown[0]!r} under {name}: use one of {', '.join(known)}")
    return kind(**(values or {}))


@dataclass
class MediaSettings:
    """Fields for a trainer's config, which calls `resolve_media` before anything else."""

    media: dict[str, Any] | None = field(
        default=None, metadata={"help": "Frame and pixel limits: the fields of MediaConfig."}
    )
    max_prompt_tokens: int | None = field(
        default=16384, metadata={"help": "Longest prompt; a longer one is refused, never cut. None for no limit."}
    )
    frame_cache: str | None = field(
        default=None,
        metadata={
            "help": "Folder that keeps decoded videos (at most 20 GiB), so that epochs and runs decode them once. "
            "None for no cache."
        },
    )
    bad_media: Literal["skip", "stop"] = field(
        default="skip",
        metadata={"help": "Rows whose video or image cannot be read: leave them out and count them, or end the run."},
    )
    max_bad_media_share: float = field(
        default=0.05,
        metadata={"help": "Share of prompts whose media cannot be read above which the run ends all the same."},
    )

    def resolve_media(self) -> None:
        """Fill in `media`. Raises ConfigError for a value that is out of range."""
        self.media = asdict(build_section("media", MediaConfig, self.media))
        if self.bad_media not in ("skip", "stop"):
            raise ConfigError(f"bad_media is {self.bad_media!r}: use skip or stop")
        if not 0 <= self.max_bad_media_share < 1:
            raise ConfigError(f"max_bad_media_share is {self.max_bad_media_share}: give a share in [0, 1)")

    @property
    def media_config(self) -> MediaConfig:
        """The resolved frame and pixel limits."""
        return MediaConfig(**(self.media or {}))

    def build_encoder(self, processor: Any, template_kwargs: dict[str, Any] | None = None) -> LenientEncoder:
        """The encoder of a trainer's prompts. Raises ConfigError where the folder of the cache cannot be made."""
        return LenientEncoder(
            processor,
            self.media_config,
            max_prompt_tokens=self.max_prompt_tokens,
            template_kwargs=template_kwargs,
            frame_cache=None if self.frame_cache is None else FrameCache(self.frame_cache),
        )
