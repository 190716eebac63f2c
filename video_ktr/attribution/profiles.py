"""What a prompt's tokens scored when they were last measured, for completions that are not measured.

Letters: B rows (completions), T completion tokens, N distinct token ids.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from video_ktr.attribution.checks import require_same_shape


class TokenTable(NamedTuple):
    """One signal of one prompt: the sum and the number of the scores that each token id had. On the CPU."""

    ids_N: Tensor
    """Int64, ascending, each once."""
    sums_N: Tensor
    """Float64."""
    counts_N: Tensor
    """Int64, 1 or more."""

    @classmethod
    def of(cls, scores_BT: Tensor, token_ids_BT: Tensor, valid_BT: Tensor) -> "TokenTable":
        """The table of the valid tokens of some completions of one prompt. Raises ValueError if shapes differ."""
        require_same_shape(scores_BT, token_ids_BT, "scores and token ids")
        valid_BT = valid_BT.bool()
        return cls._added(token_ids_BT[valid_BT].cpu().long(), scores_BT[valid_BT].cpu().double())

    @classmethod
    def merged(cls, tables: Sequence["TokenTable"]) -> "TokenTable":
        """The table of all their tokens together; at least one table."""
        ids, sums, counts = (torch.cat(parts) for parts in zip(*tables, strict=True))
        return cls._added(ids, sums, counts)

    @classmethod
    def _added(cls, ids: Tensor, sums: Tensor, counts: Tensor | None = None) -> "TokenTable":
        counts = torch.ones_like(ids) if counts is None else counts
        ids_N, place = ids.unique(return_inverse=True)
        empty_N = torch.zeros(len(ids_N), dtype=torch.float64)
        return cls(ids_N, empty_N.index_add(0, place, sums), empty_N.long().index_add(0, place, counts))

    def scores(self, token_ids: Tensor) -> Tensor:
        """A score for each token: the mean of its id's scores, or for an id that was not met the mean of all tokens.

        So all tokens of an id score alike wherever they stand, and an id the prompt has not had before stands in the
        middle. Equal scores are ranked as everywhere: the earlier token first.

        Returns:
            Float32, of the shape and on the device of `token_ids`; 0 everywhere if the table is empty.
        """
        if not len(self.ids_N):
            return torch.zeros(token_ids.shape, device=token_ids.device)
        ids = token_ids.cpu().long()
        place = torch.searchsorted(self.ids_N, ids).clamp(max=len(self.ids_N) - 1)
        means_N = self.sums_N / self.counts_N
        overall = self.sums_N.sum() / self.counts_N.sum()
        found = torch.where(self.ids_N[place] == ids, means_N[place], overall)
        return found.float().to(token_ids.device)


def jaccard(first_BT: Tensor, second_BT: Tensor) -> float:
    """Tokens that both masks hold over tokens that either holds; NaN when both are empty.

    Two random masks that each hold a share r of many tokens score r / (2 - r): 0.11 at 20 %.
    """
    either = int((first_BT | second_BT).sum())
    return int((first_BT & second_BT).sum()) / either if either else float("nan")
