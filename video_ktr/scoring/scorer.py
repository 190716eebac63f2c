"""What a model thinks of given completions under a given video, with the prompt run once per prompt.

Letters: B rows (prompts x G), T completion tokens, U prompts, P prompt tokens (left-padded), D width.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring.model_family import VisionLanguageModel
from video_ktr.scoring.prompt_view import PromptView, view_prompts
from video_ktr.scoring.token_stats import token_stats


@dataclass(frozen=True, eq=False)
class Completions:
    """Completions to score, right-padded, and the prompt each answers.

    Example:
        Two prompts, two answers each: `prompt_of_row == [0, 0, 1, 1]` and four rows of token ids.
    """

    token_ids_BT: Tensor
    mask_BT: Tensor
    """True or 1 at tokens up to and including the first end-of-sequence token."""
    prompt_of_row: Sequence[int]


@dataclass(frozen=True, eq=False)
class CompletionScores:
    """Float32, in nats, 0 at padding."""

    log_probs_BT: Tensor
    entropies_BT: Tensor
    hidden_BTD: Tensor | None = None
    """Final hidden states, kept on request only: distances between distributions are read off them."""


@dataclass(frozen=True, eq=False)
class Prefill:
    """Prompts run through the decoder: their key-value cache and what each predicts next."""

    cache: Any
    last_hidden_UD: Tensor
    mask_UP: Tensor
    next_positions_U: Tensor


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


def prefill(model: VisionLanguageModel, views: Sequence[PromptView], *, skip_last: bool = False) -> Prefill:
    """Run prompts once, left-padded to one length, and keep their cache.

    Args:
        skip_last: Leave the last token of each prompt for the caller to run (generation wants to).
    """
    stop = -1 if skip_last else None
    lengths = [len(view.input_ids_P[:stop]) for view in views]
    width = max(lengths)
    embeddings = [view.embeddings(model)[:stop] for view in views]
    embeddings_UPD = torch.stack([left_pad(e, width, dim=0) for e in embeddings])
    positions_3UP = torch.stack([left_pad(v.positions_3P[:, :stop], width, dim=1) for v in views], dim=1)
    mask_UP = torch.stack([left_pad(torch.ones(n, dtype=torch.long, device=model.device), width, 0) for n in lengths])
    output = model.decode(
        inputs_embeds=embeddings_UPD, attention_mask=mask_UP, position_ids=positions_3UP, use_cache=True
    )
    next_positions_U = torch.tensor([view.next_position for view in views], device=model.device)
    return Prefill(output.past_key_values, output.last_hidden_state[:, -1], mask_UP, next_positions_U)


def left_pad(tensor: Tensor, width: int, dim: int, value: int = 0) -> Tensor:
    """`tensor` with `value` put in front along `dim` until it is `width` long."""
    shape = list(tensor.shape)
    shape[dim] = width - tensor.shape[dim]
    return torch.cat([tensor.new_full(shape, value), tensor], dim=dim) if shape[dim] else tensor


class CompletionScorer:
    """Scores completions under the true video and under counterfactual ones.

    The video is encoded once and the prompt runs once per prompt; its key-value cache is repeated for the G
    completions, which run on top with explicit M-RoPE positions. Equal to running every full sequence by itself
    (the tests hold the two within 1e-4 in float32).

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
        """Log-probability and entropy of every completion token under `views[prompt_of_row[i]]`.

        Rows may come in any order; a prompt without rows is not run.
        """
        token_ids_BT, mask_BT = completions.token_ids_BT, completions.mask_BT
        log_probs_BT = torch.zeros(token_ids_BT.shape, device=token_ids_BT.device)
        entropies_BT = torch.zeros_like(log_probs_BT)
        hidden: list[tuple[list[int], Tensor]] = []
        with evaluation_mode(self.model):
            for rows, prompts in self._passes(completions.prompt_of_row):
                hidden_RTD = self._hidden([views[p] for p in sorted(prompts)], rows, completions)
                log_probs_BT[rows], entropies_BT[rows] = token_stats(
                    self.parts.lm_head, hidden_RTD, token_ids_BT[rows], mask_BT[rows], temperature=self.temperature
                )
                if keep_hidden:
                    hidden.append((rows, hidden_RTD))
        return CompletionScores(log_probs_BT, entropies_BT, _in_row_order(hidden) if keep_hidden else None)

    def _passes(self, prompt_of_row: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
        """Rows, and the prompts they belong to, for one decoder pass each."""
        groups: dict[int, list[int]] = {}
        for row, prompt in enumerate(prompt_of_row):
            groups.setdefault(prompt, []).append(row)
        rows: list[int] = []
        prompts: list[int] = []
        for prompt, members in groups.items():
            if rows and len(rows) + len(members) > self.max_rows:
                yield rows, prompts
                rows, prompts = [], []
            rows = rows + members
            prompts = [*prompts, prompt]
        if rows:
            yield rows, prompts

    def _hidden(self, views: list[PromptView], rows: list[int], completions: Completions) -> Tensor:
        """Hidden states that predict each completion token, (rows, T, D)."""
        order = {prompt: i for i, prompt in enumerate(sorted({completions.prompt_of_row[r] for r in rows}))}
        prompt_R = torch.tensor([order[completions.prompt_of_row[r]] for r in rows], device=self.parts.device)
        run = prefill(self.parts, views)
        first_R1D = run.last_hidden_UD[prompt_R, None]
        # The last token predicts nothing that is scored, so it is not run.
        token_ids_RT = completions.token_ids_BT[rows, :-1]
        if token_ids_RT.shape[1] == 0:
            return first_R1D
        run.cache.batch_select_indices(prompt_R)
        steps_T = torch.arange(token_ids_RT.shape[1], device=self.parts.device)
        # Padding stands after the tokens it could disturb, so the completion needs no mask of its own.
        mask_RL = torch.cat([run.mask_UP[prompt_R], torch.ones_like(token_ids_RT)], dim=1)
        output = self.parts.decode(
            inputs_embeds=self.parts.embed_tokens(token_ids_RT),
            attention_mask=mask_RL,
            position_ids=(run.next_positions_U[prompt_R, None] + steps_T).expand(3, -1, -1),
            past_key_values=run.cache,
            use_cache=True,
        )
        return torch.cat([first_R1D, output.last_hidden_state], dim=1)


def _in_row_order(parts: list[tuple[list[int], Tensor]]) -> Tensor:
    order = torch.tensor([row for rows, _ in parts for row in rows])
    return torch.cat([hidden for _, hidden in parts])[order.argsort()]
