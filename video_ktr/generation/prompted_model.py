"""A model ready to be asked: its engine, the encoder of its prompts, and how it draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from transformers import AutoProcessor

from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.frame_cache import FrameCache
from video_ktr.generation.checkpoint_sampling import checkpoint_sampling
from video_ktr.generation.engine import RolloutEngine, Sampling
from video_ktr.generation.engines import build_engine
from video_ktr.generation.model_settings import ModelSettings


@dataclass(frozen=True, eq=False, kw_only=True)
class PromptedModel:
    """Base of what asks questions of one kind or another."""

    engine: RolloutEngine
    encoder: PromptEncoder
    sampling: Sampling

    @classmethod
    def load(cls, settings: ModelSettings, *, engine: RolloutEngine | None = None, **own: Any) -> Self:
        """Load the processor, and the model into its engine unless an `engine` that holds it is given.

        The transformers engine uses the GPU where there is one, unless `engine_kwargs` places the model. `own` are the
        fields of the subclass. Raises ConfigError for an engine or a model that cannot be loaded.
        """
        processor = AutoProcessor.from_pretrained(settings.model)
        return cls(
            engine=engine or build_engine(settings.runs_on, settings.model, **_engine_kwargs(settings)),
            encoder=PromptEncoder(
                processor,
                settings.media,
                max_prompt_tokens=settings.max_prompt_tokens,
                frame_cache=FrameCache(settings.frame_cache) if settings.frame_cache else None,
            ),
            sampling=checkpoint_sampling(
                settings.model,
                processor.tokenizer,
                max_new_tokens=settings.max_new_tokens,
                temperature=settings.temperature,
                top_p=settings.top_p,
                top_k=settings.top_k,
            ),
            **own,
        )

    def text(self, token_ids: Sequence[int]) -> str:
        """A completion as text, without special tokens."""
        decoded: str = self.encoder.processor.tokenizer.decode(token_ids, skip_special_tokens=True)
        return decoded

    def is_cut(self, token_ids: Sequence[int]) -> bool:
        """Whether a completion reached the length limit before its end."""
        return token_ids[-1] not in self.sampling.end_token_ids


def _engine_kwargs(settings: ModelSettings) -> dict[str, Any]:
    given = settings.engine_kwargs or {}
    placed = "device" in given or "device_map" in given
    if settings.runs_on == "transformers" and not placed and torch.cuda.is_available():
        return {**given, "device": "cuda"}
    return given
