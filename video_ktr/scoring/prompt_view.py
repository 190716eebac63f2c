"""A prompt as the decoder sees it, and the same prompt under a counterfactual video.

Letters: P prompt tokens, N visual tokens of one item, D width. A view is cheap to alter: counterfactuals swap the
features or drop the visual tokens, and the text stays what it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring.model_family import VisionLanguageModel
from video_ktr.scoring.positions import IMAGE, TEXT, VIDEO


@dataclass(frozen=True, eq=False)
class PromptView:
    """Token ids, positions and visual features of one prompt."""

    input_ids_P: Tensor
    mm_types_P: Tensor
    positions_3P: Tensor
    next_position: int
    """Position of the first completion token."""
    video_features: tuple[Tensor, ...]
    """Post-merger features, (N, D) per video."""
    image_features: tuple[Tensor, ...]
    video_slots: tuple[int, ...]
    """Temporal slots per video."""

    def embeddings(self, model: VisionLanguageModel) -> Tensor:
        """Input embeddings (P, D): text from the table, visual tokens from the features."""
        embeddings_PD = model.embed_tokens(self.input_ids_P)
        for kind, features in ((VIDEO, self.video_features), (IMAGE, self.image_features)):
            if features:
                rows_ND = torch.cat(features).to(embeddings_PD.dtype)
                embeddings_PD = embeddings_PD.masked_scatter((self.mm_types_P == kind)[:, None], rows_ND)
        return embeddings_PD

    def map_features(self, change: Callable[[Tensor, int], Tensor]) -> "PromptView":
        """The view with `change(features_ND, slots)` in place of each item's features; images have one slot."""
        return replace(
            self,
            video_features=tuple(change(f, s) for f, s in zip(self.video_features, self.video_slots, strict=True)),
            image_features=tuple(change(f, 1) for f in self.image_features),
        )

    def without_visuals(self) -> "PromptView":
        """The view with its visual tokens deleted, text positions counted as in a text-only prompt.

        This is what the released code's `attention_mask = 0` at visual placeholders amounts to: no token attends to
        them, and its position rule no longer sees them, so all later text moves. The brackets around the video stay.
        """
        keep_P = self.mm_types_P == TEXT
        length = int(keep_P.sum())
        return replace(
            self,
            input_ids_P=self.input_ids_P[keep_P],
            mm_types_P=self.mm_types_P[keep_P],
            positions_3P=torch.arange(length, device=self.positions_3P.device).expand(3, -1),
            next_position=length,
            video_features=(),
            image_features=(),
            video_slots=(),
        )


def view_prompts(model: VisionLanguageModel, prompts: list[EncodedPrompt]) -> list[PromptView]:
    """Encode the media of all prompts, one vision pass for the videos and one for the images."""
    device = model.device
    views = []
    for prompt, videos, images in zip(prompts, model.encode_videos(prompts), model.encode_images(prompts), strict=True):
        positions_3P, next_position = model.positions(prompt)
        grid = prompt.video_grid
        views.append(
            PromptView(
                input_ids_P=prompt.input_ids_P.to(device),
                mm_types_P=prompt.mm_types_P.to(device),
                positions_3P=positions_3P.to(device),
                next_position=next_position,
                video_features=tuple(videos),
                image_features=tuple(images),
                video_slots=() if grid is None else tuple(grid[:, 0].tolist()),
            )
        )
    return views
