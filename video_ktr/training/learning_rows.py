"""Which rows of a batch learn from their key tokens.

Letters: B rows (prompts x G), U prompts.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def learning_rows(advantages_B: Tensor, prompt_of_row: Sequence[int], *, masks_kl: bool = False) -> Tensor:
    """True at rows (B) whose key tokens can move the loss: a group of equal rewards has no advantages to weigh.

    Args:
        masks_kl: Key tokens confine a KL term too, which moves every row.
    """
    if masks_kl:
        return torch.ones_like(advantages_B, dtype=torch.bool)
    prompt_B = torch.tensor(prompt_of_row, device=advantages_B.device)
    learns_U = torch.zeros(max(prompt_of_row) + 1, device=advantages_B.device)
    learns_U = learns_U.index_add(0, prompt_B, (advantages_B != 0).float())
    return learns_U[prompt_B] > 0
