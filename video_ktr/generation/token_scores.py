"""Log-probabilities and entropies of sampled tokens, taken while they are sampled.

Letters: R rows, P prompt tokens, T sampled tokens, V vocabulary.

Generation has the next-token distribution in its hands at every step; keeping two numbers of it saves a whole pass
of the policy over its own completions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import LogitsProcessor, LogitsProcessorList, SuppressTokensLogitsProcessor


class TokenScores(LogitsProcessor):
    """Watches `generate`: changes no logit, holds one step's (R, V) at a time.

    It reads the LM head's output, before penalties, forbidden tokens, top-k and top-p change the distribution, as
    the training passes see it.

    Args:
        temperature: What logits are divided by before they are read.
    """

    def __init__(self, temperature: float):
        self.temperature = temperature
        self._raw_RV: Tensor | None = None
        self._pending_RV: Tensor | None = None
        self._log_probs: list[Tensor] = []
        self._entropies: list[Tensor] = []

    @contextmanager
    def watching(self, lm_head: nn.Module) -> Iterator[None]:
        """Read what `lm_head` returns while this is open."""

        def read(_: nn.Module, __: Any, logits_R1V: Tensor) -> None:
            self._raw_RV = logits_R1V[:, -1]

        hook = lm_head.register_forward_hook(read)
        try:
            yield
        finally:
            hook.remove()

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Look up the token sampled last in the distribution it came from, and keep this step's distribution."""
        if self._raw_RV is None:
            raise RuntimeError("generate asked for a token before the LM head ran")
        self._look_up(input_ids[:, -1])
        self._pending_RV = (self._raw_RV.float() / self.temperature).log_softmax(-1)
        self._entropies.append(torch.special.entr(self._pending_RV.exp()).sum(-1))
        return scores

    def _look_up(self, sampled_R: Tensor) -> None:
        if self._pending_RV is not None:
            self._log_probs.append(self._pending_RV.gather(-1, sampled_R[:, None]).squeeze(-1))
            self._pending_RV = None

    def finish(self, sequences: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities and entropies (R, T), float32, in nats; entries after a row's end mean nothing.

        Args:
            sequences: What `generate` returned.
        """
        self._look_up(sequences[:, -1])
        return torch.stack(self._log_probs, dim=1), torch.stack(self._entropies, dim=1)

    def and_ban(self, forbidden_token_ids: list[int], device: torch.device) -> LogitsProcessorList:
        """The watcher, and after it the ban on forbidden tokens."""
        ban = [SuppressTokensLogitsProcessor(forbidden_token_ids, device=str(device))] if forbidden_token_ids else []
        return LogitsProcessorList([self, *ban])
