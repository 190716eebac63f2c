"""Attention over groups: a prompt that stands once, and the completions that answer it.

Letters: N tokens of the flat sequence, P prefix tokens of a prompt, R rows that answer it, T tokens of its longest row,
H heads, K key-value heads, E width of a head.

A flat sequence holds, one prompt after the other, a prefix and then its rows end to end, without padding. A prefix
attends to itself; a row attends to its prefix and to itself, never to a sibling. So every layer of the decoder runs
each prompt once, in an ordinary forward pass: gradients, checkpointing and adapters work as they do elsewhere. The idea
is that of Prefix Grouper (arXiv 2506.05433).
"""

import sys
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from video_ktr.errors import ConfigError

NAME = "prompt_groups_over_"
"""What the name of the decoder's attention begins with once it knows groups; its former name follows."""


@dataclass(frozen=True, eq=False)
class PromptGroup:
    """Where one prefix and its rows stand in the flat sequence: the rows follow the prefix, end to end."""

    start: int
    prefix_length: int
    row_lengths: tuple[int, ...]
    """At least one row, each of at least one token."""
    device: torch.device

    @property
    def prefix(self) -> slice:
        """The places of the prefix."""
        return slice(self.start, self.start + self.prefix_length)

    @property
    def rows(self) -> slice:
        """The places of all rows."""
        return slice(self.prefix.stop, self.prefix.stop + sum(self.row_lengths))

    @cached_property
    def padded(self) -> Tensor:
        """(R * T), place among `rows` of each token of each row; past a row's end, of its last token."""
        lengths_R = torch.tensor(self.row_lengths)
        starts_R = lengths_R.cumsum(0) - lengths_R
        steps_T = torch.arange(max(self.row_lengths))
        return (starts_R[:, None] + steps_T.minimum(lengths_R[:, None] - 1)).flatten().to(self.device)

    @cached_property
    def unpadded(self) -> Tensor:
        """For each place among `rows`, where it stands in (R * T)."""
        longest = max(self.row_lengths)
        return torch.cat([row * longest + torch.arange(n) for row, n in enumerate(self.row_lengths)]).to(self.device)

    @cached_property
    def row_mask(self) -> Tensor:
        """(T, P + T), True where a row's token may look: at all of the prefix, and back at its own row."""
        longest = max(self.row_lengths)
        shape = (longest, self.prefix_length + longest)
        return torch.ones(shape, dtype=torch.bool, device=self.device).tril(self.prefix_length)


def use_group_attention(decoder: Any) -> None:
    """Let a language decoder take `prompt_groups` in its forward pass; without them it attends as before.

    Groups are attended with torch's scaled_dot_product_attention whatever the decoder used before. Calling it again
    changes nothing.

    Args:
        decoder: The text model inside a Qwen2-VL or Qwen2.5-VL model.

    Raises:
        ConfigError: A layer attends within a sliding window, which groups do not know.
    """
    own = decoder.config._attn_implementation
    if own.startswith(NAME):
        return
    if set(decoder.config.layer_types) != {"full_attention"}:
        raise ConfigError("the model attends within a sliding window: set use_sliding_window=False in its text config")
    name = NAME + own
    AttentionInterface.register(name, partial(_attend, own=own))
    AttentionMaskInterface.register(name, ALL_MASK_ATTENTION_FUNCTIONS[own])
    decoder.set_attn_implementation(name)


def _attend(
    module: Any,
    query_1HNE: Tensor,
    key_1KNE: Tensor,
    value_1KNE: Tensor,
    attention_mask: Tensor | None,
    *,
    own: str,
    prompt_groups: tuple[PromptGroup, ...] | None = None,
    **kwargs: Any,
) -> tuple[Tensor, Tensor | None]:
    """What transformers calls as the decoder's attention function."""
    if prompt_groups is None:
        # "eager" stands in the model's own file, not in the registry.
        eager = sys.modules[type(module).__module__].eager_attention_forward
        function = ALL_ATTENTION_FUNCTIONS.get_interface(own, eager)
        result: tuple[Tensor, Tensor | None] = function(
            module, query_1HNE, key_1KNE, value_1KNE, attention_mask, **kwargs
        )
        return result
    output_1HNE = grouped_attention(
        query_1HNE, key_1KNE, value_1KNE, prompt_groups, scale=kwargs.get("scaling"), dropout=kwargs.get("dropout", 0.0)
    )
    return output_1HNE.transpose(1, 2), None


def grouped_attention(
    query_1HNE: Tensor,
    key_1KNE: Tensor,
    value_1KNE: Tensor,
    groups: tuple[PromptGroup, ...],
    *,
    scale: float | None = None,
    dropout: float = 0.0,
) -> Tensor:
    """Attention of a flat sequence within its groups, (1, H, N, E).

    Equal to attention under the N x N mask in which a token sees itself, what stands before it in its own prefix or
    row, and, from a row, the whole prefix; that mask is never made.

    Args:
        query_1HNE, key_1KNE, value_1KNE: Rotated by position already; H is a multiple of K.
        groups: All of the N places, in order.
        scale: What the products are multiplied by; None for 1 / sqrt(E).
    """
    repeats = query_1HNE.shape[1] // key_1KNE.shape[1]
    attend = partial(scaled_dot_product_attention, scale=scale, dropout_p=dropout)
    pieces = []
    for group in groups:
        # Heads are repeated a group at a time: with a mask, CUDA's fused kernels take no grouped heads.
        prefix = [_heads(x[:, :, group.prefix], n) for x, n in _zip(query_1HNE, key_1KNE, value_1KNE, repeats)]
        query, key, value = (
            _heads(_pad(x[:, :, group.rows], group), n) for x, n in _zip(query_1HNE, key_1KNE, value_1KNE, repeats)
        )
        if group.prefix_length:
            pieces.append(attend(*prefix, is_causal=True))
        count = len(group.row_lengths)
        key, value = (
            torch.cat([shared.expand(count, -1, -1, -1), x], dim=2)
            for shared, x in zip(prefix[1:], (key, value), strict=True)
        )
        rows_RHTE = attend(query, key, value, attn_mask=group.row_mask)
        pieces.append(rows_RHTE.transpose(0, 1).flatten(1, 2).index_select(1, group.unpadded)[None])
    return torch.cat(pieces, dim=2)


def _zip(query: Tensor, key: Tensor, value: Tensor, repeats: int) -> tuple[tuple[Tensor, int], ...]:
    return (query, 1), (key, repeats), (value, repeats)


def _heads(states: Tensor, repeats: int) -> Tensor:
    return states.repeat_interleave(repeats, dim=1) if repeats > 1 else states


def _pad(states_1KNE: Tensor, group: PromptGroup) -> Tensor:
    """The rows of a group, one per batch entry: (R, K, T, E)."""
    states_KNE = states_1KNE[0].index_select(1, group.padded)
    rows_RKTE: Tensor = states_KNE.unflatten(1, (len(group.row_lengths), -1)).transpose(0, 1)
    return rows_RKTE
