"""Counterfactual videos made from a processor's flattened patches: frames are never decoded again.

The Qwen2-VL family flattens a video of t x h x w patches into rows ordered (t, h/m, w/m, m, m), m the merge size, and
columns ordered (channel, frame within the slot, y, x). Each slot holds `temporal_patch_size` frames.
Letters: P patches (t * h * w), K values a patch, F frames, C channels, H and W pixels.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from video_ktr.attribution.checks import split_evenly
from video_ktr.attribution.frame_order import require_permutation

Grid = Tensor | Sequence[int]


def reorder_frames(
    patches_PK: Tensor,
    grid_thw: Grid,
    order: Tensor,
    *,
    num_frames: int,
    temporal_patch_size: int = 2,
    channels: int = 3,
) -> Tensor:
    """Patches of the same video with its true frames in another order.

    Equal, value for value, to flattening the reordered frames: frames move between slots and within them. A video
    whose frames do not fill the last slot was padded by repeating its last frame; the result repeats the last frame
    of the new order instead.

    Args:
        patches_PK: the patches of one video.
        grid_thw: its slots, patch rows and patch columns.
        order: (num_frames,) permutation; frame i of the result is frame `order[i]`.
        num_frames: true frames, padding left out.
        temporal_patch_size: frames a slot.
        channels: colour channels of the patches.

    Returns:
        (P, K), a new tensor.

    Raises:
        ValueError: sizes that do not fit one another, or an order that is not a permutation of the true frames.
    """
    slots, _, _ = _require_grid(patches_PK, grid_thw)
    padding = slots * temporal_patch_size - num_frames
    if not 0 <= padding < temporal_patch_size:
        raise ValueError(f"{num_frames} frames do not fill {slots} slots of {temporal_patch_size} frames")
    require_permutation(order, num_frames)
    order_F = torch.cat([order, order[-1:].expand(padding)]).to(patches_PK.device)
    pixels = split_evenly(patches_PK.shape[1], channels * temporal_patch_size, "values of a patch")
    by_slot = patches_PK.reshape(slots, -1, channels, temporal_patch_size, pixels)
    by_frame = by_slot.permute(0, 3, 1, 2, 4).flatten(0, 1)[order_F]
    reordered = by_frame.reshape(slots, temporal_patch_size, -1, channels, pixels)
    return reordered.permute(0, 2, 3, 1, 4).reshape(patches_PK.shape)


def uniform_patches(patches_PK: Tensor, values_C: Tensor | Sequence[float], *, channels: int = 3) -> Tensor:
    """Patches of a video of the same size whose every pixel has one colour.

    In normalised space grey (the mean of the training images) is 0 and dark is (0 - mean) / std of each channel.

    Returns:
        (P, K), a new tensor.

    Raises:
        ValueError: `values_C` does not hold one value a channel, or K is not a multiple of `channels`.
    """
    values_C = torch.as_tensor(values_C, dtype=patches_PK.dtype, device=patches_PK.device)
    if values_C.shape != (channels,):
        raise ValueError(f"a uniform video needs one value for each of {channels} channels, got {values_C.tolist()}")
    size = split_evenly(patches_PK.shape[1], channels, "values of a patch")
    return values_C.repeat_interleave(size).expand_as(patches_PK).clone()


def resample_patches(
    patches_PK: Tensor,
    grid_from: Grid,
    grid_to: Grid,
    *,
    temporal_patch_size: int = 2,
    patch_size: int = 14,
    merge_size: int = 2,
    channels: int = 3,
) -> Tensor:
    """Bring another video to the grid of this one, so that it can stand in for it (the paper's "replace").

    Its frames, padding included, are picked at the nearest relative time and resized bilinearly with antialiasing, in
    float32 and in normalised space. Equal grids return an equal copy.

    Args:
        patches_PK: patches of the donor.
        grid_from: the donor's slots, patch rows and patch columns.
        grid_to: the grid wanted.
        temporal_patch_size: frames a slot.
        patch_size: pixels on a patch's side.
        merge_size: patches that the vision tower merges on a side.
        channels: colour channels.

    Returns:
        (P', K) with P' = t * h * w of `grid_to`, a new tensor of the same type.

    Raises:
        ValueError: patches and grid do not fit one another, or a side is not a multiple of merge_size.
    """
    source, target = _require_grid(patches_PK, grid_from), _sizes(grid_to)
    if any(side % merge_size for side in (*source[1:], *target[1:])):
        raise ValueError(f"grids {source} and {target}: a side is not a multiple of the merge size {merge_size}")
    if patches_PK.shape[1] != channels * temporal_patch_size * patch_size**2:
        raise ValueError(
            f"a patch of {patches_PK.shape[1]} values is not {channels}x{temporal_patch_size}x{patch_size}^2"
        )
    if source == target:
        return patches_PK.clone()
    frames_FCHW = _unflatten(patches_PK, source, temporal_patch_size, patch_size, merge_size)
    wanted, given = target[0] * temporal_patch_size, frames_FCHW.shape[0]
    # Middle of each wanted frame's share of time, in the donor's frames; integers, so no rounding.
    nearest_F = (2 * torch.arange(wanted, device=patches_PK.device) + 1) * given // (2 * wanted)
    frames_FCHW = frames_FCHW[nearest_F]
    if source[1:] != target[1:]:
        size = [side * patch_size for side in target[1:]]
        frames_FCHW = torch.nn.functional.interpolate(frames_FCHW.float(), size, mode="bilinear", antialias=True)
    return _flatten(frames_FCHW, target, temporal_patch_size, patch_size, merge_size).to(patches_PK.dtype)


def _unflatten(patches_PK: Tensor, grid: tuple[int, int, int], frames_a_slot: int, patch: int, merge: int) -> Tensor:
    t, h, w = grid
    channels = patches_PK.shape[1] // (frames_a_slot * patch**2)
    patches = patches_PK.reshape(t, h // merge, w // merge, merge, merge, channels, frames_a_slot, patch, patch)
    frames = patches.permute(0, 6, 5, 1, 3, 7, 2, 4, 8)
    return frames.reshape(t * frames_a_slot, channels, h * patch, w * patch)


def _flatten(frames_FCHW: Tensor, grid: tuple[int, int, int], frames_a_slot: int, patch: int, merge: int) -> Tensor:
    t, h, w = grid
    channels = frames_FCHW.shape[1]
    frames = frames_FCHW.reshape(t, frames_a_slot, channels, h // merge, merge, patch, w // merge, merge, patch)
    return frames.permute(0, 3, 6, 4, 7, 2, 1, 5, 8).reshape(t * h * w, -1)


def _sizes(grid_thw: Grid) -> tuple[int, int, int]:
    t, h, w = (int(size) for size in grid_thw)
    return t, h, w


def _require_grid(patches_PK: Tensor, grid_thw: Grid) -> tuple[int, int, int]:
    t, h, w = _sizes(grid_thw)
    if patches_PK.shape[0] != t * h * w:
        raise ValueError(f"{patches_PK.shape[0]} patches do not fill a grid of {t} x {h} x {w}")
    return t, h, w
