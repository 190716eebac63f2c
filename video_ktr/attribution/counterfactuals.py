"""Counterfactual videos made from encoded features: no second pass of the vision tower.

The functions take the visual tokens of ONE video or image after the vision tower's merger, temporal slot by temporal
slot. Letters: N visual tokens (slots x tokens a slot), D feature width.
"""

from typing import Literal

import torch
from torch import Tensor

from video_ktr.attribution.checks import require_choice, split_evenly
from video_ktr.attribution.frame_order import random_order, require_permutation

HideKind = Literal["zero", "half", "mean"]


def reorder_slots(features_ND: Tensor, num_slots: int, order: Tensor) -> Tensor:
    """Show the temporal slots of an encoded video in another order.

    Exact for towers whose attention stays within a slot (Qwen2.5-VL, Qwen2-VL): it then equals encoding the video
    with its frame groups in that order.

    Args:
        features_ND: encoded tokens, slot by slot.
        num_slots: temporal slots, N / num_slots tokens each.
        order: (num_slots,) permutation; slot i of the result is slot `order[i]`.

    Returns:
        (N, D), a new tensor.

    Raises:
        ValueError: N is not a multiple of num_slots, or order is not a permutation of the slots.
    """
    slot_size = split_evenly(features_ND.shape[0], num_slots, "visual tokens")
    require_permutation(order, num_slots)
    slots = features_ND.reshape(num_slots, slot_size, -1)
    return slots[order.to(features_ND.device)].reshape(features_ND.shape)


def hide_features(
    features_ND: Tensor, num_slots: int, kind: HideKind, *, generator: torch.Generator | None = None
) -> Tensor:
    """Hide what the video shows, keeping the number and positions of its tokens.

    "zero" sets every feature to 0 (paper section 3.1). "half" sets floor(num_slots / 2) slots, drawn uniformly, to
    0 (the paper's "mask half"; the unit is ours); an image, one slot, loses half of its tokens instead, at least
    one. "mean" (ours) gives every token the mean of all tokens: no content, but the scale the model is used to.

    Args:
        features_ND: encoded tokens, slot by slot.
        num_slots: temporal slots, N / num_slots tokens each; 1 for an image.
        kind: one of the three.
        generator: source of randomness of "half"; torch's default when None.

    Returns:
        (N, D), a new tensor of the same type.

    Raises:
        ConfigError: unknown kind.
        ValueError: N is not a multiple of num_slots.
    """
    require_choice("visual counterfactual", kind, HideKind)
    slot_size = split_evenly(features_ND.shape[0], num_slots, "visual tokens")
    if kind == "zero":
        return torch.zeros_like(features_ND)
    if kind == "mean":
        # Summed in float32: bf16 sums of a thousand tokens lose the small ones.
        return features_ND.float().mean(0, keepdim=True).to(features_ND.dtype).expand_as(features_ND).clone()
    parts = num_slots if num_slots > 1 else slot_size
    hidden = random_order(parts, generator)[: max(1, parts // 2)].to(features_ND.device)
    blocks = features_ND.reshape(parts, -1, features_ND.shape[1])
    return blocks.index_fill(0, hidden, 0.0).reshape(features_ND.shape)
