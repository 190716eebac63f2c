"""Prompts under counterfactual videos: what the model would have seen with the video hidden, or its order lost.

Letters: K patches, D values of a patch, N visual tokens, F frames.

One draw per prompt, shared by its G completions, from a generator the caller seeds: the same step of the same run
perturbs the same way, whatever ran before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import torch
from torch import Generator, Tensor

from video_ktr.attribution import (
    KeyTokenConfig,
    can_reorder,
    frame_order,
    hide_features,
    reorder_frames,
    reorder_slots,
    resample_patches,
    uniform_patches,
)
from video_ktr.attribution.counterfactuals import HideKind
from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring.prompt_view import PromptView
from video_ktr.scoring.scorer import CompletionScorer

DARK_PIXEL = (-0.48145466 / 0.26862954, -0.4578275 / 0.26130258, -0.40821073 / 0.27577711)
"""Black after the CLIP normalisation that the Qwen-VL processors use: (0 - mean) / std per channel."""
GREY_PIXEL = (0.0, 0.0, 0.0)
"""The mean colour: zero after normalisation."""


@dataclass(frozen=True, eq=False)
class Perturbed:
    """Views under a counterfactual, and which prompts have one; the others keep their place but mean nothing."""

    views: list[PromptView]
    exists: list[bool]


def hide_video(
    scorer: CompletionScorer,
    prompts: list[EncodedPrompt],
    views: list[PromptView],
    config: KeyTokenConfig,
    generators: Sequence[Generator],
    *,
    donors: Sequence[EncodedPrompt | None] | None = None,
) -> Perturbed:
    """The visual counterfactual of the paper's section 3.1, v := 0, or one of its variants (Figure 10).

    Features zeroed, halved or averaged, and visual tokens deleted ("attention", as released), cost no vision pass;
    pixels made grey or dark, and another video's frames, cost one.

    Args:
        donors: For "replace", another prompt per prompt, whose video or image stands in; None where there is none,
            and then the prompt has no visual signal.
    """
    exists = [prompt.has_visuals for prompt in prompts]
    kind = config.visual_perturbation
    if kind == "attention":
        return Perturbed([view.without_visuals() for view in views], exists)
    if kind in ("grey", "dark"):
        pixel = torch.tensor(GREY_PIXEL if kind == "grey" else DARK_PIXEL)
        return Perturbed(scorer.view([_paint(prompt, pixel) for prompt in prompts]), exists)
    if kind == "replace":
        if donors is None:
            raise ValueError('visual_perturbation="replace" needs donors')
        exists = [e and donor is not None for e, donor in zip(exists, donors, strict=True)]
        swapped = [p if d is None else _replace(p, d, scorer) for p, d in zip(prompts, donors, strict=True)]
        return Perturbed(scorer.view(swapped), exists)
    hidden = [
        view.map_features(partial(hide_features, kind=cast(HideKind, kind), generator=generator))
        for view, generator in zip(views, generators, strict=True)
    ]
    return Perturbed(hidden, exists)


def reorder_video(
    scorer: CompletionScorer,
    prompts: list[EncodedPrompt],
    views: list[PromptView],
    config: KeyTokenConfig,
    generators: Sequence[Generator],
) -> Perturbed:
    """The temporal counterfactual of section 3.1: the frames in another order, positions unchanged.

    Unit "frame" re-encodes the videos once, since the models pair frames before they look at them; unit "slot"
    moves whole pairs and costs no vision pass, since the vision tower never looks across slots. A prompt without a
    video, or whose videos are all too short to reorder, has no temporal signal.
    """
    kind, length = config.temporal_perturbation, config.segment_length
    slots = config.temporal_unit == "slot"
    units = [view.video_slots if slots else prompt.num_frames for prompt, view in zip(prompts, views, strict=True)]
    orders = [
        [frame_order(n, kind, generator=g, segment_length=length) if can_reorder(n, kind, length) else None for n in ns]
        for ns, g in zip(units, generators, strict=True)
    ]
    exists = [any(order is not None for order in of_prompt) for of_prompt in orders]
    if slots:
        moved = [_move_slots(view, of_prompt) for view, of_prompt in zip(views, orders, strict=True)]
        return Perturbed(moved, exists)
    chosen = [i for i, e in enumerate(exists) if e]
    fresh = scorer.view([move_frames(prompts[i], orders[i], scorer) for i in chosen])
    by_prompt = dict(zip(chosen, fresh, strict=True))
    return Perturbed([by_prompt.get(i, view) for i, view in enumerate(views)], exists)


def _move_slots(view: PromptView, orders: list[Tensor | None]) -> PromptView:
    items = zip(view.video_features, view.video_slots, orders, strict=True)
    return replace(view, video_features=tuple(f if o is None else reorder_slots(f, s, o) for f, s, o in items))


def move_frames(prompt: EncodedPrompt, orders: list[Tensor | None], scorer: CompletionScorer) -> EncodedPrompt:
    """The prompt with the frames of each video in the order given for it; None leaves a video as it is."""
    temporal_patch_size = scorer.parts.config.vision_config.temporal_patch_size
    moved = [
        patches
        if order is None
        else reorder_frames(patches, grid, order, num_frames=frames, temporal_patch_size=temporal_patch_size)
        for patches, grid, order, frames in zip(*_videos(prompt), orders, prompt.num_frames, strict=True)
    ]
    return replace(prompt, video_patches_KD=torch.cat(moved))


def _videos(prompt: EncodedPrompt) -> tuple[tuple[Tensor, ...], list[list[int]]]:
    return _split(prompt.video_patches_KD, prompt.video_grid)


def _split(patches_KD: Tensor | None, grid: Tensor | None) -> tuple[tuple[Tensor, ...], list[list[int]]]:
    if patches_KD is None or grid is None:
        return (), []
    return patches_KD.split(grid.prod(-1).tolist()), grid.tolist()


def _paint(prompt: EncodedPrompt, pixel_C: Tensor) -> EncodedPrompt:
    def paint(patches_KD: Tensor | None) -> Tensor | None:
        return None if patches_KD is None else uniform_patches(patches_KD, pixel_C)

    return replace(
        prompt, video_patches_KD=paint(prompt.video_patches_KD), image_patches_KD=paint(prompt.image_patches_KD)
    )


def _replace(prompt: EncodedPrompt, donor: EncodedPrompt, scorer: CompletionScorer) -> EncodedPrompt:
    """The prompt with the donor's videos and images in place of its own, fitted to the same grids."""
    vision = scorer.parts.config.vision_config

    def fit(own: tuple[Tensor | None, Tensor | None], other: tuple[Tensor | None, Tensor | None]) -> Tensor | None:
        patches, grids = _split(*own)
        other_patches, other_grids = _split(*other)
        if not grids:
            return None
        fitted = [
            resample_patches(
                other_patches[i % len(other_grids)],
                other_grids[i % len(other_grids)],
                grid,
                temporal_patch_size=vision.temporal_patch_size,
                patch_size=vision.patch_size,
                merge_size=vision.spatial_merge_size,
            )
            for i, grid in enumerate(grids)
        ]
        return torch.cat(fitted).to(patches[0].device)

    return replace(
        prompt,
        video_patches_KD=fit((prompt.video_patches_KD, prompt.video_grid), (donor.video_patches_KD, donor.video_grid)),
        image_patches_KD=fit((prompt.image_patches_KD, prompt.image_grid), (donor.image_patches_KD, donor.image_grid)),
    )


def same_kind(prompt: EncodedPrompt, donor: EncodedPrompt) -> bool:
    """Whether `donor` can stand in for `prompt`: a video for a video, an image for an image, and not the same ones."""
    return (
        (prompt.video_grid is None or donor.video_grid is not None)
        and (prompt.image_grid is None or donor.image_grid is not None)
        and not _equal(prompt.video_patches_KD, donor.video_patches_KD)
        and not _equal(prompt.image_patches_KD, donor.image_patches_KD)
    )


def _equal(patches_KD: Tensor | None, other_KD: Tensor | None) -> bool:
    return patches_KD is not None and other_KD is not None and torch.equal(patches_KD, other_KD)
