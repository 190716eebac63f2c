"""The passes of TRL's loss over completions: old policy, reference, and the policy that learns.

Letters: B rows, T completion tokens, L = prompt and completion tokens.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring import Completions, CompletionScorer, CompletionScores, PromptView
from video_ktr.scoring.scorer import evaluation_mode
from video_ktr.training.config import VideoGRPOConfig
from video_ktr.training.full_pass import full_pass
from video_ktr.training.micro_batches import distinct
from video_ktr.training.shared_pass import shared_pass
from video_ktr.training.wanted_tokens import fill_unwanted, wanted_tokens


def log_probs_with_gradient(model: Any, inputs: dict[str, Any], args: VideoGRPOConfig) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies (B, T) of a micro-batch under the policy.

    With `share_prefix` only at the tokens that can move the loss; the others get values that do not (`fill_unwanted`).

    Args:
        model: As the trainer calls it.
        inputs: What TRL's loss is given, with each row's "prompts".
    """
    ids_BT = inputs["completion_ids"]
    if args.share_prefix:
        wanted_BT = wanted_tokens(inputs, args)
        prompts, prompt_of_row = distinct(inputs["prompts"])
        scores = shared_pass(model, prompts, Completions(ids_BT, wanted_BT, prompt_of_row))
        return fill_unwanted(scores, wanted_BT, inputs)
    input_ids_BL, mask_BL = full_sequences(inputs)
    return full_pass(model, input_ids_BL, mask_BL, ids_BT.shape[1], inputs["prompts"])


def full_sequences(inputs: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """Token ids and mask (B, L) of prompts and completions."""
    return (
        torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1),
        torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1),
    )


def shared_scores(
    scorer: CompletionScorer, prompts: Sequence[EncodedPrompt | PromptView], completions: Completions
) -> CompletionScores:
    """Scores without gradients, each prompt run once; prompts that are no views yet are encoded."""
    views = [p for p in prompts if isinstance(p, PromptView)]
    return scorer.score(views or scorer.view([p for p in prompts if isinstance(p, EncodedPrompt)]), completions)


def plain_scores(
    model: Any,
    input_ids_BL: Tensor,
    mask_BL: Tensor,
    completion_length: int,
    prompts: Sequence[EncodedPrompt],
    *,
    max_rows: int,
) -> CompletionScores:
    """Scores without gradients, every row by itself, `max_rows` rows at a time."""
    log_probs, entropies = [], []
    with evaluation_mode(model):
        for start in range(0, len(prompts), max_rows):
            part = slice(start, start + max_rows)
            scores = full_pass(model, input_ids_BL[part], mask_BL[part], completion_length, prompts[part])
            log_probs.append(scores[0])
            entropies.append(scores[1])
    return CompletionScores(torch.cat(log_probs), torch.cat(entropies))
