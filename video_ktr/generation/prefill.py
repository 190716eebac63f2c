"""Prompts run through the decoder once, ready for any number of completions to be generated from them.

Letters: U prompts, P prompt tokens (left-padded).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from video_ktr.scoring.model_family import VisionLanguageModel
from video_ktr.scoring.prompt_view import PromptView


@dataclass(frozen=True, eq=False)
class Prefill:
    """Prompts, left-padded to one length, and the key-value cache of all their tokens but the last."""

    cache: Any
    input_ids_UP: Tensor
    mask_UP: Tensor
    positions_3UP: Tensor


def prefill(model: VisionLanguageModel, views: Sequence[PromptView]) -> Prefill:
    """Run each prompt once, all but its last token, which generation runs itself.

    Ids are padded with the prompt's own first token: no attention falls on padding, but the repetition penalty of
    older transformers (5.19) counts it too, and the padding token is often an end token.
    """
    width = max(len(view.input_ids_P) for view in views)
    embeddings_UPD = torch.stack([left_pad(view.embeddings(model), width, dim=0) for view in views])
    positions_3UP = torch.stack([left_pad(view.positions_3P, width, dim=1) for view in views], dim=1)
    mask_UP = torch.stack([left_pad(torch.ones_like(view.input_ids_P), width, dim=0) for view in views])
    output = model.decode(
        inputs_embeds=embeddings_UPD[:, :-1],
        attention_mask=mask_UP[:, :-1],
        position_ids=positions_3UP[:, :, :-1],
        use_cache=True,
    )
    ids_UP = torch.stack([left_pad(v.input_ids_P, width, dim=0, value=int(v.input_ids_P[0])) for v in views])
    return Prefill(output.past_key_values, ids_UP, mask_UP, positions_3UP)


def left_pad(tensor: Tensor, width: int, dim: int, value: int = 0) -> Tensor:
    """`tensor` with `value` put in front along `dim` until it is `width` long."""
    shape = list(tensor.shape)
    shape[dim] = width - tensor.shape[dim]
    return torch.cat([tensor.new_full(shape, value), tensor], dim=dim) if shape[dim] else tensor
