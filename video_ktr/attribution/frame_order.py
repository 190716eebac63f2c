"""Orders of frames that break time: the temporal counterfactual.

Letters: F frames (or temporal slots).
"""

from typing import Literal

import torch
from torch import Tensor

from video_ktr.attribution.checks import require_choice
from video_ktr.errors import ConfigError

OrderKind = Literal["shuffle", "reverse", "segment"]


def can_reorder(num_frames: int, kind: OrderKind, segment_length: int = 4) -> bool:
    """Whether `frame_order` has an order other than the identity: two frames, or two whole segments, at least.

    Images and one-frame videos have none, so they carry no temporal signal.
    """
    return _movable_blocks(num_frames, kind, segment_length) >= 2


def frame_order(
    num_frames: int, kind: OrderKind, *, generator: torch.Generator | None = None, segment_length: int = 4
) -> Tensor:
    """Draw the order in which a counterfactual video shows the frames of the true one; never the identity.

    Paper section 3.1 (shuffle) and its ablation (reverse, segment). "shuffle" is uniform over all other orders: the
    released code can draw the identity, we draw again. "reverse" is last to first. "segment" permutes the whole
    segments of `segment_length` frames, keeps the order inside each, and leaves the remainder at the end.

    Args:
        num_frames: frames of the video, or its temporal slots.
        kind: one of the three.
        generator: source of randomness; torch's default when None.
        segment_length: frames a segment, for "segment".

    Returns:
        (F,) int64 on the CPU: position i of the counterfactual shows frame `order[i]`.

    Raises:
        ConfigError: unknown kind, or nothing to reorder (`can_reorder` is False).
    """
    blocks = _movable_blocks(num_frames, kind, segment_length)
    if blocks < 2:
        raise ConfigError(
            f"a video of {num_frames} frames has no other order of kind {kind!r}"
            + (f" with segments of {segment_length}; shorten segment_length" if kind == "segment" else "")
            + "; skip its temporal signal"
        )
    if kind == "reverse":
        return torch.arange(num_frames - 1, -1, -1)
    order_blocks = random_order(blocks, generator)
    while bool((order_blocks == torch.arange(blocks)).all()):
        order_blocks = random_order(blocks, generator)
    if kind == "shuffle":
        return order_blocks
    moved = (order_blocks[:, None] * segment_length + torch.arange(segment_length)).flatten()
    return torch.cat([moved, torch.arange(blocks * segment_length, num_frames)])


def random_order(length: int, generator: torch.Generator | None = None) -> Tensor:
    """Uniform permutation of `length` items, the identity included: (length,) int64 on the CPU."""
    device = generator.device if generator is not None else torch.device("cpu")
    return torch.randperm(length, generator=generator, device=device).cpu()


def require_permutation(order: Tensor, length: int) -> None:
    """Raise ValueError unless `order` holds each of 0 .. length - 1 once."""
    if order.ndim != 1 or order.sort().values.tolist() != list(range(length)):
        raise ValueError(f"the order must hold each of 0..{length - 1} once, got {order.tolist()}")


def _movable_blocks(num_frames: int, kind: OrderKind, segment_length: int) -> int:
    require_choice("frame order", kind, OrderKind)
    if segment_length < 1:
        raise ConfigError(f"segment_length is {segment_length}; it must be 1 frame or more")
    return num_frames // segment_length if kind == "segment" else num_frames
