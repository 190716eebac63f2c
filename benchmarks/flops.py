"""Floating-point operations of a pass, as the sizes imply them: the least that must be computed.

A product of an (m, k) and a (k, n) matrix counts 2 m k n; norms, activations and rotations count nothing, as in torch's
FlopCounterMode. With width W, H heads of width E, K key-value heads, feed-forward width F and n layers, one forward is

    decoder     2 * tokens * n * (W * (H + 2 K) * E + H * E * W + 3 * W * F)
    attention   4 * pairs * n * H * E, over the pairs of a token and one that it may look at (itself and those before)
    lm_head     2 * W * V * completion tokens
    vision      2 * patches * (patch values * W' + n' * (4 * W' ** 2 + 3 * W' * F')) + the merger's two layers,
                W', F' and n' being the vision tower's
    vision_attention   4 * pairs * n' * W', over the pairs within a window, or a frame in layers of full attention

and forward and backward together are three times that: a backward multiplies each matrix twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from video_ktr.training.phase_clock import flop_counter


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one pass runs."""

    tokens: int
    """Tokens through the decoder's layers."""
    pairs: int
    """Pairs of a token and one that it may look at."""
    dense_pairs: int
    """The same with the pairs that a mask hides, which a counter sees as computed."""
    head_tokens: int
    """Tokens whose log-probability is wanted."""
    projected_tokens: int
    """Tokens the LM head runs on: TRL's leaves the prompt out on CUDA only."""
    video_grids: Sequence[Sequence[int]]
    """(slots, rows, columns) in patches of every video that the vision tower runs on."""


@dataclass(frozen=True, kw_only=True)
class Flops:
    """Operations of one forward pass, by part."""

    decoder: int
    attention: int
    lm_head: int
    vision: int
    vision_attention: int
    masked_attention: int = 0
    """Pairs that a mask hides. Not needed; counted by FlopCounterMode, skipped in part by fused kernels."""
    prompt_lm_head: int = 0
    """The LM head on the prompt, where nothing asks for it."""
    patch_embedding: int = 0
    """The part of `vision` whose input, being pixels, takes no gradient."""

    @property
    def forward(self) -> int:
        """The least a forward pass computes."""
        return self.decoder + self.attention + self.lm_head + self.vision + self.vision_attention

    @property
    def training(self) -> int:
        """The least that forward and backward compute."""
        return 3 * self.forward

    @property
    def forward_as_run(self) -> int:
        """What FlopCounterMode counts in a forward pass: hidden pairs and the LM head on prompts too."""
        return self.forward + self.masked_attention + self.prompt_lm_head

    @property
    def training_as_run(self) -> int:
        """What FlopCounterMode counts in forward and backward, without activation checkpointing.

        The backward of fused attention multiplies five times where the forward does twice, TRL's LM head computes its
        logits anew, and pixels take no gradient.
        """
        attention = self.attention + self.masked_attention + self.vision_attention
        head = self.lm_head + self.prompt_lm_head
        return 3 * (self.decoder + self.vision) - self.patch_embedding + 7 * attention // 2 + 4 * head

    def __add__(self, other: "Flops") -> "Flops":
        return Flops(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


def separate(prompt: int, tokens: int, group: int, grid: Sequence[int], *, compact_head: bool = False) -> Pass:
    """`group` sequences of their own, each with the prompt and its video before `tokens` tokens."""
    length = prompt + tokens
    return Pass(
        tokens=group * length,
        pairs=group * length * (length + 1) // 2,
        dense_pairs=group * length * length,
        head_tokens=group * tokens,
        projected_tokens=group * (tokens if compact_head else length - 1),
        video_grids=[grid] * group,
    )


def shared(prompt: int, tokens: int, group: int, video_grids: Sequence[Sequence[int]]) -> Pass:
    """The prompt once; each row runs the prompt's last token and all of its own but the last."""
    prefix = prompt - 1
    return Pass(
        tokens=prefix + group * tokens,
        pairs=prefix * (prefix + 1) // 2 + group * (tokens * prefix + tokens * (tokens + 1) // 2),
        dense_pairs=prefix * prefix + group * tokens * (prefix + tokens),
        head_tokens=group * tokens,
        projected_tokens=group * tokens,
        video_grids=video_grids,
    )


def implied(config: Any, run: Pass) -> Flops:
    """Operations of a pass of a Qwen2.5-VL model of `config`."""
    text = config.text_config
    width, heads, layers = text.hidden_size, text.num_attention_heads, text.num_hidden_layers
    head = getattr(text, "head_dim", None) or width // heads
    weights = width * (heads + 2 * text.num_key_value_heads) * head + heads * head * width
    weights += 3 * width * text.intermediate_size
    per_pair, per_projection = 4 * layers * heads * head, 2 * width * text.vocab_size
    towers = [_vision(config.vision_config, grid) for grid in run.video_grids]
    return Flops(
        decoder=2 * run.tokens * layers * weights,
        attention=per_pair * run.pairs,
        masked_attention=per_pair * (run.dense_pairs - run.pairs),
        lm_head=per_projection * run.head_tokens,
        prompt_lm_head=per_projection * (run.projected_tokens - run.head_tokens),
        vision=sum(linear for linear, _, _ in towers),
        vision_attention=sum(attention for _, attention, _ in towers),
        patch_embedding=sum(embedding for _, _, embedding in towers),
    )


def _vision(vision: Any, grid: Sequence[int]) -> tuple[int, int, int]:
    """Linear layers, attention, and the patch embedding within the first."""
    slots, rows, columns = grid
    patches, merged = slots * rows * columns, vision.spatial_merge_size**2
    width, out = vision.hidden_size, vision.out_hidden_size
    embedding = 2 * patches * vision.in_channels * vision.temporal_patch_size * vision.patch_size**2 * width
    blocks = 2 * patches * vision.depth * (4 * width**2 + 3 * width * vision.intermediate_size)
    merger = 2 * (patches // merged) * ((merged * width) ** 2 + merged * width * out)
    window = vision.window_size // vision.patch_size
    heights, widths = _cuts(rows, window), _cuts(columns, window)
    in_windows = slots * sum((h * w) ** 2 for h in heights for w in widths)
    in_frames = slots * (rows * columns) ** 2
    full = len(vision.fullatt_block_indexes)
    attention = 4 * width * (full * in_frames + (vision.depth - full) * in_windows)
    return embedding + blocks + merger, attention, embedding


def _cuts(length: int, window: int) -> list[int]:
    """Lengths of the windows along one side: whole ones, and what is left."""
    return [window] * (length // window) + ([length % window] if length % window else [])


def counted(run: Callable[[], object]) -> int:
    """What torch's counter sees, products added in place included, as in TRL's LM head."""
    with flop_counter() as counter:
        run()
    return counter.get_total_flops()
