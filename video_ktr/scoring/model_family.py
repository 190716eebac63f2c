"""What this package needs to know of a model family: where its parts are, and how its time axis runs.

Letters: P prompt tokens, N visual tokens of one item, D width.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import ConfigError
from video_ktr.scoring.positions import IMAGE, VIDEO, VisualGrid, prompt_positions

SUPPORTED = ("qwen2_vl", "qwen2_5_vl")
"""`config.model_type` of the families with an adapter. Qwen3-VL is not one: its decoder takes vision features at
several layers, so a video there is more than rows of the input embedding."""


def require_supported(config: Any, name: str = "the model") -> None:
    """Raise ConfigError when models of `config` could not be shown a video here."""
    if config.model_type not in SUPPORTED:
        raise ConfigError(
            f"{name} is a {config.model_type}, which has no video support here: use one of {', '.join(SUPPORTED)}"
        )


def base_model(model: Any) -> Any:
    """The transformers model inside PEFT or distributed wrappers."""
    while hasattr(model, "module"):
        model = model.module
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@dataclass(frozen=True, eq=False)
class VisionLanguageModel:
    """The parts of a Qwen2-VL or Qwen2.5-VL model, by role.

    PEFT adapters that live inside the layers (LoRA and its kin) act in every part, since the layers are shared.
    """

    core: Any
    lm_head: nn.Module
    config: Any

    @classmethod
    def of(cls, model: Any) -> "VisionLanguageModel":
        """Look the parts up.

        Raises:
            ConfigError: The model is not of a supported family, so it could not be shown the video.
        """
        base = base_model(model)
        require_supported(base.config)
        return cls(core=base.model, lm_head=base.get_output_embeddings(), config=base.config)

    @property
    def device(self) -> torch.device:
        """Where the embedding table lives, and so where inputs go."""
        device: torch.device = self.core.get_input_embeddings().weight.device
        return device

    @property
    def vision_is_frozen(self) -> bool:
        """Whether no weight of the vision tower learns, so that its features stay what they are."""
        return not any(parameter.requires_grad for parameter in self.core.visual.parameters())

    @property
    def visual_token_ids(self) -> list[int]:
        """Token ids that only a prompt may hold: image and video placeholders and their brackets."""
        names = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
        ids = (getattr(self.config, name, None) for name in names)
        return sorted({i for i in ids if i is not None})

    def embed_tokens(self, token_ids: Tensor) -> Tensor:
        """Input embeddings of text tokens, (..., D)."""
        embeddings: Tensor = self.core.get_input_embeddings()(token_ids)
        return embeddings

    def decode(self, **inputs: Any) -> Any:
        """Run the language decoder; its `last_hidden_state` is what the LM head reads."""
        return self.core.language_model(**inputs)

    def encode_videos(self, prompts: list[EncodedPrompt]) -> list[list[Tensor]]:
        """Post-merger features of every video, (N, D) each, by prompt: one call of the vision tower for all."""
        pairs = [(p.video_patches_KD, p.video_grid) for p in prompts if p.video_grid is not None]
        features = iter(self._encode(pairs))
        return [[next(features) for _ in range(p.num_videos)] for p in prompts]

    def encode_images(self, prompts: list[EncodedPrompt]) -> list[list[Tensor]]:
        """Post-merger features of every image, likewise."""
        pairs = [(p.image_patches_KD, p.image_grid) for p in prompts if p.image_grid is not None]
        features = iter(self._encode(pairs))
        return [[next(features) for _ in range(0 if p.image_grid is None else len(p.image_grid))] for p in prompts]

    def _encode(self, pairs: list[tuple[Tensor | None, Tensor]]) -> list[Tensor]:
        if not pairs:
            return []
        visual = self.core.visual
        grid = torch.cat([grid for _, grid in pairs]).to(self.device)
        patches = torch.cat([patches for patches, _ in pairs if patches is not None]).to(self.device, visual.dtype)
        merged: Tensor = visual(patches, grid_thw=grid).pooler_output
        return list(merged.split((grid.prod(-1) // visual.spatial_merge_size**2).tolist()))

    def positions(self, prompt: EncodedPrompt) -> tuple[Tensor, int]:
        """M-RoPE positions (3, P) of a prompt and the next free one, by the released rule."""
        return positions_of(self.config, prompt)


def positions_of(config: Any, prompt: EncodedPrompt) -> tuple[Tensor, int]:
    """M-RoPE positions (3, P) of a prompt, and the next free one, for the family of a model's `config`."""
    return prompt_positions(prompt.mm_types_P, _grids(config, prompt))


def _grids(config: Any, prompt: EncodedPrompt) -> list[VisualGrid]:
    """The prompt's images and videos, in the order they stand in it."""
    merge = config.vision_config.spatial_merge_size
    per_second = config.vision_config.tokens_per_second if config.model_type == "qwen2_5_vl" else None
    steps = [1.0 if per_second is None else per_second * seconds for seconds in prompt.slot_seconds]
    images = [] if prompt.image_grid is None else prompt.image_grid.tolist()
    videos = [] if prompt.video_grid is None else prompt.video_grid.tolist()
    of_kind = {
        IMAGE: iter([VisualGrid(t, h // merge, w // merge, 1.0) for t, h, w in images]),
        VIDEO: iter([VisualGrid(t, h // merge, w // merge, s) for (t, h, w), s in zip(videos, steps, strict=True)]),
    }
    ordered: list[VisualGrid] = []
    kinds = prompt.mm_types_P.tolist()
    position = 0
    while position < len(kinds):
        if kinds[position] in of_kind:
            ordered.append(next(of_kind[kinds[position]]))
            position += ordered[-1].num_tokens
        else:
            position += 1
    return ordered
