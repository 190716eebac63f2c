"""What is kept of a generation until its key tokens are chosen and recorded.

Letters: B rows (prompts x G).
"""

from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from video_ktr.scoring.signals import Counterfactuals


@dataclass(eq=False)
class Generation:
    """One process's share of a generation batch."""

    step: tuple[int, int]
    """The optimizer step, and how many generations came before in it."""
    rows: list[dict[str, Any]]
    """The dataset's rows, B of them."""
    prompt_keys: list[str]
    """A digest of each row's prompt."""
    token_ids: list[list[int]]
    """Each row's whole completion, also where its mask is 0 because it was cut off."""
    rewards: dict[str, list[float]]
    readable: list[bool]
    """False at rows whose media could not be read."""
    attributed_B: Tensor
    """True at rows whose key tokens can move the loss."""
    measured_B: Tensor
    """True at those of them that were scored under the counterfactuals: all, unless attribution is reused."""
    counterfactuals: Counterfactuals = field(default_factory=Counterfactuals)

    def take(self, rows: Tensor) -> "Generation":
        """The same generation, with the tensors of those rows alone."""
        return replace(
            self,
            attributed_B=self.attributed_B[rows],
            measured_B=self.measured_B[rows],
            counterfactuals=self.counterfactuals.take(rows),
        )
