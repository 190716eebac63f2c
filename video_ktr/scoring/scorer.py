"""What a model thinks of given completions under a given video, with the prompt run once per prompt.

Letters: B rows (prompts x G), T completion tokens, K wanted tokens, C those of one pass, D width.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring.model_family import VisionLanguageModel
from video_ktr.scoring.packing import Completions, wanted_hidden
from video_ktr.scoring.prompt_view import PromptView, view_prompts
from video_ktr.scoring.token_stats import token_stats


@dataclass(frozen=True, eq=False)
class CompletionScores:
    """Float32, in nats, 0 at padding."""

    log_probs_BT: Tensor
    entropies_BT: Tensor
    hidden_KD: Tensor | None = None
    """Final hidden states behind the K valid tokens, row by row, kept on request only: distances between distributions
    are read off them."""


@contextmanager
def evaluation_mode(model: Any) -> Iterator[None]:
    """Score without dropout and without gradients; every module is left in the mode it was found in."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module in training:
            module.training = True


class CompletionScorer:
    """Scores completions under the true video and under counterfactual ones.

    The video is encoded once and the prompt runs once per prompt, its completions on top (`wanted_hidden`). Equal to
    running every full sequence by itself (the tests hold the two within 1e-4 in float32).

    Args:
        model: A Qwen2-VL or Qwen2.5-VL model, PEFT or distributed wrappers allowed.
        temperature: What logits are divided by, as at sampling.
        max_rows: Completions in one pass of the decoder. The completions of one prompt always run together, so a
            group larger than this is one pass.
    """

    def __init__(self, model: Any, *, temperature: float = 1.0, max_rows: int = 64):
        self.model = model
        self.parts = VisionLanguageModel.of(model)
        self.temperature = temperature
        self.max_rows = max_rows

    def view(self, prompts: list[EncodedPrompt]) -> list[PromptView]:
        """Encode the media of each prompt, ready to be scored or altered."""
        with evaluation_mode(self.model):
            return view_prompts(self.parts, prompts)

    def score(
        self, views: Sequence[PromptView], completions: Completions, *, keep_hidden: bool = False
    ) -> CompletionScores:
        """Log-probability and entropy of every wanted token under `views[prompt_of_row[i]]`.

        Rows may come in any order; a prompt without rows is not run, and neither is a row without wanted tokens.
        """
        token_ids_BT, mask_BT = completions.token_ids_BT, completions.mask_BT.bool()
        log_probs_BT = torch.zeros(token_ids_BT.shape, device=token_ids_BT.device)
        entropies_BT = torch.zeros_like(log_probs_BT)
        hidden_KD: Tensor | None = None
        with evaluation_mode(self.model):
            for rows in self._passes(completions):
                chosen_BT = torch.zeros_like(mask_BT)
                chosen_BT[rows] = mask_BT[rows]
                hidden_CD = wanted_hidden(self.parts, views, replace(completions, mask_BT=chosen_BT))
                log_probs_BT[chosen_BT], entropies_BT[chosen_BT] = token_stats(
                    self.parts.lm_head, hidden_CD, token_ids_BT[chosen_BT], temperature=self.temperature
                )
                if keep_hidden:
                    if hidden_KD is None:
                        hidden_KD = hidden_CD.new_empty(int(mask_BT.sum()), hidden_CD.shape[1])
                    hidden_KD[chosen_BT[mask_BT]] = hidden_CD
        return CompletionScores(log_probs_BT, entropies_BT, hidden_KD)

    def _passes(self, completions: Completions) -> Iterator[list[int]]:
        """Rows with wanted tokens, for one decoder pass each."""
        groups: dict[int, list[int]] = {}
        for row in completions.mask_BT.any(1).nonzero().squeeze(1).tolist():
            groups.setdefault(completions.prompt_of_row[row], []).append(row)
        rows: list[int] = []
        for members in groups.values():
            if rows and len(rows) + len(members) > self.max_rows:
                yield rows
                rows = []
            rows = rows + members
        if rows:
            yield rows
