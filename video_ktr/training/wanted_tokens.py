"""Which tokens' log-probabilities the loss needs.

Letters: B rows, T completion tokens.
"""

from typing import Any

import torch
from torch import Tensor

from video_ktr.training.config import VideoGRPOConfig

TOKENWISE_LOSSES = ("grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo")
"""Losses of TRL in which a token of advantage 0 adds nothing, whatever its probability."""


def wanted_tokens(inputs: dict[str, Any], args: VideoGRPOConfig) -> Tensor:
    """True (B, T) at the tokens that can move the loss; one token at least, so that the loss has a gradient.

    A token matters where it has an advantage other than 0, and where the KL term acts. Settings in which tokens of
    advantage 0 act on others (ratios of whole sequences, off-policy masks, entropy bonuses and quantiles) want all.

    Args:
        inputs: A micro-batch of TRL's loss; "kl_mask", where present, says where the KL term acts.
    """
    mask_BT: Tensor = inputs["completion_mask"].bool().clone()
    if "tool_mask" in inputs:
        mask_BT = mask_BT & inputs["tool_mask"].bool()
    if _acts_token_by_token(args) and inputs.get("known_entropies") is not None:
        advantages = inputs["advantages"]
        learns_BT = (advantages if advantages.dim() == 2 else advantages[:, None]) != 0
        if args.beta:
            learns_BT = learns_BT | inputs.get("kl_mask", mask_BT).bool()
        mask_BT = mask_BT & learns_BT
    if not mask_BT.any():
        mask_BT[0, 0] = True
    return mask_BT


def _acts_token_by_token(args: VideoGRPOConfig) -> bool:
    tokenwise: bool = (
        args.loss_type in TOKENWISE_LOSSES
        and args.importance_sampling_level == "token"
        and args.off_policy_mask_threshold is None
        and args.top_entropy_quantile == 1.0
        and not args.entropy_coef
        and not args.use_adaptive_entropy
    )
    return tokenwise


def fill_unwanted(scores: tuple[Tensor, Tensor], wanted_BT: Tensor, inputs: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies (B, T) with known values where none were wanted.

    The old policy's log-probabilities make the ratio 1 there; the entropies, known from sampling or from the old-policy
    pass, keep TRL's `entropy` metric a mean over all tokens.
    """
    log_probs_BT, entropies_BT = scores
    old_BT, known_BT = inputs.get("old_per_token_logps"), inputs.get("known_entropies")
    if old_BT is not None:
        log_probs_BT = torch.where(wanted_BT, log_probs_BT, old_BT)
    if known_BT is not None:
        entropies_BT = torch.where(wanted_BT, entropies_BT, known_BT)
    return log_probs_BT, entropies_BT
