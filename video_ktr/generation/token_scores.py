"""Log-probabilities and entropies of sampled tokens, taken while they are sampled.

Letters: R rows, P prompt tokens, T sampled tokens, V vocabulary.

Generation has the next-token distribution in its hands at every step; keeping two numbers of it saves a whole pass
of the policy over its own completions.
"""

import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList, SuppressTokensLogitsProcessor


class TokenScores(LogitsProcessor):
    """Watches `generate`: changes no logit, holds one step's (R, V) at a time.

    Args:
        temperature: What logits are divided by before they are read. They are read before top-k, top-p and forbidden
            tokens cut the distribution, as the training passes see them.
    """

    def __init__(self, temperature: float):
        self.temperature = temperature
        self._pending_RV: Tensor | None = None
        self._log_probs: list[Tensor] = []
        self._entropies: list[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Read this step's distribution, and look up in the last one the token that was sampled from it."""
        self._look_up(input_ids[:, -1])
        self._pending_RV = (scores.float() / self.temperature).log_softmax(-1)
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


def watched(scores: TokenScores, forbidden_token_ids: list[int], device: torch.device) -> LogitsProcessorList:
    """The watcher, and after it the ban on forbidden tokens."""
    bans = [SuppressTokensLogitsProcessor(forbidden_token_ids, device=str(device))] if forbidden_token_ids else []
    return LogitsProcessorList([scores, *bans])
