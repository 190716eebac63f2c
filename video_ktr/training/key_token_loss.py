"""How key tokens enter TRL's loss.

Letters: B rows (prompts x G), T completion tokens.
"""

from typing import Any

import torch
from torch import Tensor

from video_ktr.attribution import KeyTokenConfig, KeyTokens


def key_token_inputs(batch: dict[str, Any], keys: KeyTokens, config: KeyTokenConfig) -> dict[str, Any]:
    """The entries of a batch that confine the loss to key tokens (paper, equation 2).

    With weights w and A_{i,t} = w_{i,t} A_i, TRL's own loss is the paper's: min(r A w, clip(r) A w) equals
    w min(r A, clip(r) A) for w >= 0.

    Args:
        batch: "advantages" (B) and "completion_mask" (B, T), as TRL gives them.

    Returns:
        "advantages" (B, T); "tool_mask" (B, T), which TRL multiplies into its mask, where numerator, denominator and
        KL term are all confined to key tokens, as released; "kl_mask" (B, T) where the KL term alone is.
    """
    mask_BT = batch["completion_mask"]
    advantages_BT = batch["advantages"][:, None] * keys.weights_BT
    if config.normalizer == config.kl_tokens == "selected":
        return {"advantages": advantages_BT, "tool_mask": keys.mask_BT.to(mask_BT.dtype)}
    if config.normalizer == "selected":
        # The KL term still averages over the whole completion: only the policy term is rescaled.
        per_key_token_B = mask_BT.sum(1) / keys.mask_BT.sum(1).clamp(min=1)
        return {"advantages": advantages_BT * per_key_token_B[:, None]}
    if config.kl_tokens == "selected":
        return {"advantages": advantages_BT, "kl_mask": keys.mask_BT}
    return {"advantages": advantages_BT}


def shaped_reference(
    reference_BT: Tensor, log_probs_BT: Tensor, *, clamp: float | None = None, kl_mask_BT: Tensor | None = None
) -> Tensor:
    """Reference log-probabilities that clamp or mask TRL's KL term, exp(d) - d - 1 with d = reference - log pi.

    The released code clamps d to [-10, 10], where the gradient is 0 outside; TRL does not clamp. Writing
    reference' = log pi + clamp(d) gives TRL's d the clamped value and gradient. At a masked token reference' = log pi,
    so d = 0 and its gradient is 0.

    Args:
        clamp: Largest |d| in nats; None for none.
        kl_mask_BT: True where the KL term acts; None for everywhere.
    """
    if clamp is not None:
        reference_BT = log_probs_BT + (reference_BT - log_probs_BT).clamp(-clamp, clamp)
    if kl_mask_BT is not None:
        reference_BT = torch.where(kl_mask_BT.bool(), reference_BT, log_probs_BT)
    return reference_BT
