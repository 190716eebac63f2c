"""The KL term of a loss whose tokens are weighted.

Letters: B rows (prompts x G), T completion tokens.
"""

from typing import Any

from torch import Tensor


def kl_excess(inputs: dict[str, Any], log_probs_BT: Tensor, *, beta: float, per_completion: bool) -> Tensor:
    """What weights w add to the KL term of TRL's loss: beta (w - 1) k, summed as TRL sums it.

    TRL's loss takes weights on the policy term, as advantages (B, T), but none on its KL term k = exp(d) - d - 1 with
    d = log pi_ref - log pi.

    Args:
        inputs: "token_weights" (B, T), "ref_per_token_logps" and "completion_mask".
        log_probs_BT: Of the policy, with gradients.
        per_completion: Divide by each completion's length and average (`loss_type` "grpo"), else by the number of
            tokens ("bnpo").

    Example:
        One token of weight 1.5 with d = 0.1 and beta = 0.04: 0.04 * 0.5 * 0.00517 = 0.0001034.
    """
    mask_BT: Tensor = inputs["completion_mask"]
    difference_BT = inputs["ref_per_token_logps"] - log_probs_BT
    excess_BT: Tensor = beta * (inputs["token_weights"] - 1) * (difference_BT.exp() - difference_BT - 1) * mask_BT
    if per_completion:
        return (excess_BT.sum(1) / mask_BT.sum(1).clamp(min=1)).mean()
    return excess_BT.sum() / mask_BT.sum().clamp(min=1)
