"""Frames and images taken back from a processor's patches, pixel for pixel, for engines that run their own processor.

Letters: K patches, D values of one patch, F frames, H and W pixels, C channels, P prompt tokens.

A processor resizes 8-bit frames to 8-bit frames, normalises them and cuts them into patches; only the resizing loses
anything. Undoing the rest gives the frames the model was meant to see, of a size that needs no further resizing, and
nothing is decoded again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import DataError
from video_ktr.scoring.positions import IMAGE, TEXT, VIDEO

WHOLE = 0.02
"""How far a pixel taken back may lie from a whole number: float32 stays below 0.001, bfloat16 does not."""


@dataclass(frozen=True, kw_only=True)
class PatchLayout:
    """How one processor, for images or for videos, makes patches of pixels."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    """Of each channel, for pixels in [0, 1]."""
    rescale_factor: float
    """What an 8-bit pixel is multiplied by first."""
    patch_size: int
    temporal_patch_size: int
    merge_size: int

    @classmethod
    def of(cls, processor: Any) -> "PatchLayout":
        """The layout of a Qwen2-VL image or video processor."""
        return cls(
            mean=tuple(processor.image_mean),
            std=tuple(processor.image_std),
            rescale_factor=processor.rescale_factor,
            patch_size=processor.patch_size,
            temporal_patch_size=processor.temporal_patch_size,
            merge_size=processor.merge_size,
        )

    def tokens(self, grid_thw: Iterable[int]) -> int:
        """Visual tokens of an item of so many slots, rows and columns of patches."""
        slots, rows, columns = grid_thw
        return slots * rows * columns // self.merge_size**2


def frames_of(patches_KD: Tensor, grid_thw: Tensor, layout: PatchLayout) -> NDArray[np.uint8]:
    """The frames (F, H, W, C) behind the patches of one video, or of one image, whose frames are all alike.

    F is slots times frames per slot: the frame that fills an odd number up is there like any other.

    Raises:
        DataError: The pixels are not whole numbers from 0 to 255, so the patches were not made of 8-bit frames by
            this processor.

    Example:
        A grid of [8, 16, 30] with patches of 14 pixels and 2 frames gives frames of shape (16, 224, 420, 3).
    """
    slots, rows, columns = grid_thw.tolist()
    merge, size = layout.merge_size, layout.patch_size
    merged_rows, merged_columns = rows // merge, columns // merge
    channels = len(layout.mean)
    blocks = patches_KD.float().reshape(
        *(slots, merged_rows, merged_columns, merge, merge, channels, layout.temporal_patch_size, size, size)
    )
    normalised_FHWC = blocks.permute(0, 6, 1, 3, 7, 2, 4, 8, 5).reshape(-1, rows * size, columns * size, channels)
    mean_C, std_C = (torch.tensor(v, device=patches_KD.device) for v in (layout.mean, layout.std))
    pixels_FHWC = (normalised_FHWC * std_C + mean_C) / layout.rescale_factor
    whole_FHWC = pixels_FHWC.round()
    if (pixels_FHWC - whole_FHWC).abs().max() > WHOLE or whole_FHWC.min() < 0 or whole_FHWC.max() > 255:
        raise DataError(
            "patches of a prompt do not come from 8-bit frames by this model's processor: encode prompts with the "
            "processor of the model that the engine runs, in float32"
        )
    frames: NDArray[np.uint8] = whole_FHWC.to(torch.uint8).cpu().numpy()
    return frames


def videos_of(prompt: EncodedPrompt, layout: PatchLayout) -> list[NDArray[np.uint8]]:
    """The frames of every video in a prompt."""
    return _items(prompt.video_patches_KD, prompt.video_grid, layout)


def images_of(prompt: EncodedPrompt, layout: PatchLayout) -> list[NDArray[np.uint8]]:
    """Every image in a prompt, (H, W, C)."""
    return [frames_FHWC[0] for frames_FHWC in _items(prompt.image_patches_KD, prompt.image_grid, layout)]


def _items(patches_KD: Tensor | None, grids: Tensor | None, layout: PatchLayout) -> list[NDArray[np.uint8]]:
    if patches_KD is None or grids is None:
        return []
    per_item = patches_KD.split(grids.prod(-1).tolist())
    return [frames_of(patches, grid, layout) for patches, grid in zip(per_item, grids, strict=True)]


def one_token_per_item(prompt: EncodedPrompt, image_layout: PatchLayout, video_layout: PatchLayout) -> list[int]:
    """The prompt's tokens with one placeholder for each image and video, as it stood before the processor ran.

    Raises:
        ValueError: The visual tokens do not add up to the grids.
    """
    lengths = {
        kind: iter([] if grids is None else [layout.tokens(grid) for grid in grids.tolist()])
        for kind, grids, layout in ((IMAGE, prompt.image_grid, image_layout), (VIDEO, prompt.video_grid, video_layout))
    }
    tokens: list[int] = []
    for kind, pairs in groupby(
        zip(prompt.mm_types_P.tolist(), prompt.input_ids_P.tolist(), strict=True), key=lambda pair: pair[0]
    ):
        run = [token for _, token in pairs]
        if kind == TEXT:
            tokens += run
            continue
        covered = 0
        while covered < len(run):
            covered += next(lengths[kind], len(run) + 1)
            tokens.append(run[0])
        if covered != len(run):
            raise ValueError(f"a run of {len(run)} visual tokens in the prompt does not match the grids of its media")
    return tokens
