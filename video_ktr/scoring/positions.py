"""M-RoPE positions of a prompt, by the rule the Qwen2-VL and Qwen2.5-VL checkpoints were trained with.

Letters: P prompt tokens; the leading 3 is (time, height, width).

transformers 5.3 and later start the text after a video at `start + max(height, width)` and so let it overlap the
video in time; the released models, vLLM and transformers <= 5.0 start it at the largest position used so far, plus
one. A checkpoint sees the positions it was trained with only by the second rule, so positions are computed here and
handed to every pass: scoring, training and generation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

TEXT, IMAGE, VIDEO = 0, 1, 2
"""Values of `mm_token_type_ids`, as transformers' processors write them."""


@dataclass(frozen=True)
class VisualGrid:
    """Shape of one image or video after the vision tower's patch merger, and its place on the time axis."""

    slots: int
    """Temporal slots; 1 for an image."""
    height: int
    """Merged patches from top to bottom."""
    width: int
    """Merged patches from left to right."""
    positions_per_slot: float
    """Distance on the time axis from one slot to the next: tokens per second times seconds per slot for
    Qwen2.5-VL, 1 for Qwen2-VL. The position of slot t is floor(t * positions_per_slot)."""

    @property
    def num_tokens(self) -> int:
        """Visual tokens this item takes in the prompt."""
        return self.slots * self.height * self.width


def grid_positions(grid: VisualGrid, start: int) -> Tensor:
    """Positions of one item's visual tokens, shape (3, slots * height * width), the first token at `start`."""
    time = (torch.arange(grid.slots) * grid.positions_per_slot).long()
    time_THW, height_THW, width_THW = torch.meshgrid(
        time, torch.arange(grid.height), torch.arange(grid.width), indexing="ij"
    )
    return start + torch.stack([time_THW, height_THW, width_THW]).reshape(3, -1)


def prompt_positions(mm_types_P: Tensor, grids: Sequence[VisualGrid]) -> tuple[Tensor, int]:
    """Positions of a whole prompt and the position of the first token after it.

    Args:
        mm_types_P: 0 for text, 1 for image and 2 for video tokens. No padding.
        grids: The images and videos, in the order they stand in the prompt.

    Returns:
        Long tensor of shape (3, P), and the next free position: the largest one used, plus one.

    Raises:
        ValueError: The visual tokens do not add up to the grids (a prompt cut in the middle of a video, say).

    Example:
        Four text tokens, then a video of 32 x 8 x 8 patches (32 x 4 x 4 after the merger) at 4 positions a slot: the
        video takes the times 4, 8, ..., 128, and the text after it starts at 129.
    """
    remaining = iter(grids)
    parts: list[Tensor] = []
    start = 0
    for kind, run in groupby(mm_types_P.tolist()):
        length = len(list(run))
        while length:
            if kind == TEXT:
                part = (start + torch.arange(length)).expand(3, -1)
            else:
                grid = next(remaining, None)
                if grid is None or grid.num_tokens > length:
                    raise ValueError(f"{length} visual tokens in the prompt do not match the next grid {grid}")
                part = grid_positions(grid, start)
            parts.append(part)
            start = int(part.max()) + 1
            length -= part.shape[1]
    if next(remaining, None) is not None:
        raise ValueError("the prompt has fewer visual tokens than its images and videos need")
    return torch.cat(parts, dim=1), start
