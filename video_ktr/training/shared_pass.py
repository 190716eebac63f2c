"""Log-probabilities with gradients, each prompt run once for all completions that answer it.

Letters: B rows, T completion tokens, K wanted tokens, D width.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutput

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring import Completions, PromptView, VisionLanguageModel
from video_ktr.scoring.packing import wanted_hidden
from video_ktr.scoring.prompt_view import view_prompts


def accept_wanted_hidden(model: Any) -> None:
    """Let a model's backbone be called with `wanted_hidden=f`: it returns f()'s hidden states instead of its own.

    TRL's fused LM head calls the backbone inside the model's forward. Taking this way, the shared pass runs within the
    forward of whatever wraps the model (DDP, DeepSpeed, PEFT, autocast), and ends in TRL's own log-probabilities.
    Calling it again changes nothing.
    """
    core = VisionLanguageModel.of(model).core
    original = core.forward
    if hasattr(original, "takes_wanted_hidden"):
        return

    @functools.wraps(original)
    def forward(*args: Any, wanted_hidden: Callable[[], Tensor] | None = None, **kwargs: Any) -> Any:
        if wanted_hidden is None:
            return original(*args, **kwargs)
        return BaseModelOutput(last_hidden_state=wanted_hidden())

    forward.takes_wanted_hidden = True  # type: ignore[attr-defined]
    core.forward = forward


def shared_pass(
    model: Any, prompts: Sequence[EncodedPrompt] | Sequence[PromptView], completions: Completions
) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies (B, T) of the wanted tokens, 0 elsewhere, through TRL's fused LM head.

    Equal to `full_pass` at those tokens, gradients included (the tests hold the two within 1e-4 of each tensor's
    largest gradient in float32), while each prompt and its media run once instead of once per completion. A dropout
    draws once for a shared prompt.

    Args:
        model: The policy as the trainer calls it, after `accept_wanted_hidden`; autocast is the caller's.
        prompts: Distinct prompts. Where they come as views, their visual features are taken as given: right when the
            vision tower is frozen.
        completions: At least one wanted token, so that the result has a gradient.
    """
    parts = VisionLanguageModel.of(model)
    wanted_BT = completions.mask_BT.bool()

    def hidden() -> Tensor:
        views = [p for p in prompts if isinstance(p, PromptView)]
        if not views:
            views = view_prompts(parts, [p for p in prompts if isinstance(p, EncodedPrompt)])
        return wanted_hidden(parts, views, completions)[None]

    outputs = model(wanted_hidden=hidden, shift_labels=completions.token_ids_BT[wanted_BT][None], fused_lm_head=True)
    empty_BT = torch.zeros(wanted_BT.shape, device=wanted_BT.device)
    return (
        empty_BT.masked_scatter(wanted_BT, outputs.log_probs[0]),
        empty_BT.masked_scatter(wanted_BT, outputs.entropy[0]),
    )
