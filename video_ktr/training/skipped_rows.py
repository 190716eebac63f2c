"""Rows whose media cannot be read: in the batch, out of the loss and of the rewards.

Letters: B rows (prompts x G) of one process, N rows of all processes, T completion tokens.
"""

from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor
from trl import GRPOTrainer

from video_ktr.training.bad_media import BadMedia, faults_of
from video_ktr.training.prompt_rows import PromptRows


class SkippedRows(GRPOTrainer):
    """A GRPO trainer in which the rows of an `UnreadablePrompt` teach nothing.

    Such a row answers its question's text alone, so that every process has the batch it expects, and then its
    completion mask is 0: no policy gradient, no KL term, no key tokens. Its rewards are NaN, which TRL takes for "could
    not be scored": the advantage is 0, and it is left out of the means and deviations of rewards, its group's and the
    batch's. Reward functions see it all the same, so what they log themselves counts it, as do TRL's `completions/...`
    metrics and the denominator of `frac_reward_zero_std`.

    What the loss of the other rows is divided by: for "grpo", "sapo", "luspo" and "dr_grpo" the rows of the
    micro-batch, skipped ones included, as with a group of equal rewards; for "bnpo", "dapo", "cispo" and "vespo" the
    tokens, skipped ones left out.

    Metrics `bad_media/rows`, of a generation, and `bad_media/share`, of the prompts met so far.

    Seams of TRL 1.16 that are overridden:
        `_calculate_rewards`: rewards of skipped rows become NaN.
        `_generate_and_score_completions`: counts the prompts before, and clears the masks after.
    """

    _rows: PromptRows
    """The prompts of the generation that is about to begin."""
    bad_media: BadMedia
    _skipped_N: Tensor

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        readable_B = torch.tensor(self._rows.readable, device=self._device)
        self._skipped_N = self.accelerator.gather(readable_B.int()) == 0
        self._count_prompts()
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self._skipped_N.any():
            mask_BT = output["completion_mask"] * readable_B[:, None]
            output["completion_mask"] = mask_BT
            output["num_items_in_batch"] = self.accelerator.gather(mask_BT.sum()).sum()
        return output

    @property
    def _device(self) -> torch.device:
        device: torch.device = self.accelerator.device
        return device

    def _count_prompts(self) -> None:
        mode = "train" if self.model.training else "eval"
        group = self.num_generations if self.model.training else self.num_generations_eval
        rows, bad = len(self._skipped_N), int(self._skipped_N.sum())
        # Every process comes to the same `bad`, so all of them gather or none does.
        faults = gather_object(faults_of(self._rows.prompts)) if bad else []
        self.bad_media.meet(rows / group, faults, bad / group, self.state)
        self._metrics[mode]["bad_media/rows"].append(float(bad))
        self._metrics[mode]["bad_media/share"].append(self.bad_media.share)

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Tensor:
        rewards_NF: Tensor = super()._calculate_rewards(*args, **kwargs)
        return rewards_NF.masked_fill(self._skipped_N[:, None], torch.nan)
