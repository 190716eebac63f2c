"""Log-probabilities by the plain route: every full sequence through the model's own forward.

Letters: B rows, P prompt tokens (left-padded), T completion tokens, L = P + T.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring import VisionLanguageModel


def sequence_positions(
    parts: VisionLanguageModel, prompts: Sequence[EncodedPrompt], attention_mask_BL: Tensor, completion_length: int
) -> Tensor:
    """M-RoPE positions (3, B, L) of left-padded prompts followed by right-padded completions."""
    positions_3BL = torch.zeros((3, *attention_mask_BL.shape), dtype=torch.long)
    start = attention_mask_BL.shape[1] - completion_length
    steps_T = torch.arange(completion_length)
    for row, prompt in enumerate(prompts):
        positions_3P, following = parts.positions(prompt)
        positions_3BL[:, row, start - positions_3P.shape[1] : start] = positions_3P
        positions_3BL[:, row, start:] = following + steps_T
    return positions_3BL.to(attention_mask_BL.device)


def media_inputs(prompts: Sequence[EncodedPrompt], device: torch.device) -> dict[str, Tensor]:
    """The visual tensors of rows, in row order, under the names the model's forward takes."""
    named = {
        "pixel_values": [p.image_patches_KD for p in prompts],
        "image_grid_thw": [p.image_grid for p in prompts],
        "pixel_values_videos": [p.video_patches_KD for p in prompts],
        "video_grid_thw": [p.video_grid for p in prompts],
    }
    present = {name: [t for t in tensors if t is not None] for name, tensors in named.items()}
    return {name: torch.cat(tensors).to(device) for name, tensors in present.items() if tensors}


def full_pass(
    model: Any,
    input_ids_BL: Tensor,
    attention_mask_BL: Tensor,
    completion_length: int,
    prompts: Sequence[EncodedPrompt],
) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies (B, T) of completions, 0 at padding, through TRL's fused LM head.

    Where the head was built without entropies (TRL's reference model), NaN stands for them.

    Args:
        model: The policy, as the trainer calls it: wrappers and autocast are the caller's.
        prompts: One per row.
    """
    parts = VisionLanguageModel.of(model)
    labels_BL = input_ids_BL.masked_fill(attention_mask_BL == 0, -100)
    labels_BL[:, :-completion_length] = -100
    outputs = model(
        input_ids=input_ids_BL,
        attention_mask=attention_mask_BL,
        position_ids=sequence_positions(parts, prompts, attention_mask_BL, completion_length),
        labels=labels_BL,
        fused_lm_head=True,
        **media_inputs(prompts, input_ids_BL.device),
    )
    log_probs_BT = outputs.log_probs[:, -completion_length:]
    entropies = outputs.entropy
    return log_probs_BT, log_probs_BT * torch.nan if entropies is None else entropies[:, -completion_length:]
