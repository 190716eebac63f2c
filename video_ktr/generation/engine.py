"""What every rollout engine does, whatever runs it.

Letters: B rows, T completion tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import ConfigError
from video_ktr.scoring.prompt_view import PromptView

RESERVED = (
    *("max_new_tokens", "max_length", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "do_sample"),
    *("eos_token_id", "pad_token_id", "suppress_tokens", "num_return_sequences", "num_beams"),
)
"""Settings that have a field of their own, or that would change how many completions a row gets."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How completions are drawn. Every field is used as it stands: nothing is filled in from a checkpoint.

    A checkpoint's own generation settings (Qwen2.5-VL ships temperature 1e-6 and a repetition penalty) would
    otherwise slip into training, since libraries fill unset fields from them.

    Raises:
        ConfigError: A value is out of range.
    """

    max_new_tokens: int
    end_token_ids: tuple[int, ...]
    """Tokens that end a completion; the first one sampled is its last token."""
    pad_token_id: int
    temperature: float = 1.0
    """0 takes the most likely token at every step."""
    top_p: float = 1.0
    top_k: int = 0
    """0 keeps every token."""
    min_p: float | None = None
    repetition_penalty: float = 1.0
    forbidden_token_ids: tuple[int, ...] = ()
    """Never sampled: a placeholder of an image or video in a completion would ask for features that do not exist."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Further settings in the engine's own words."""

    def __post_init__(self) -> None:
        for name in RESERVED:
            if name in self.extra:
                raise ConfigError(f"{name} is set in generation_kwargs, where it would clash: use its own setting")
        if self.max_new_tokens < 1:
            raise ConfigError(f"max_new_tokens is {self.max_new_tokens}: give at least 1")
        if self.temperature < 0:
            raise ConfigError(f"temperature is {self.temperature}: give 0 (greedy) or more")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p is {self.top_p}: give a value in (0, 1]")
        if self.top_k < 0:
            raise ConfigError(f"top_k is {self.top_k}: give 0 (off) or more")


@dataclass(frozen=True, eq=False)
class Rollouts:
    """Sampled completions and, where the engine can tell, what the model thought of each token as it drew it.

    Example:
        `token_ids == [[17, 4, 6], [9, 6]]` with end token 6; `log_probs_BT` and `entropies_BT` have shape (2, 3), and
        the last entry of the second row is 0.
    """

    token_ids: list[list[int]]
    """Per row, the tokens up to and including the first end token, or `max_new_tokens` of them. Never empty."""
    log_probs_BT: Tensor | None = None
    """Log-probability of each token at the sampling temperature, before any cut of the distribution; float32, nats,
    0 at padding."""
    entropies_BT: Tensor | None = None
    """Entropy of the distribution each token was drawn from, likewise."""
    views: list[PromptView] | None = None
    """The prompts as the decoder saw them, media encoded, where the engine ran the policy in this process."""


class RolloutEngine(Protocol):
    """Draws completions."""

    def generate(
        self,
        prompts: list[EncodedPrompt],
        prompt_of_row: Sequence[int],
        sampling: Sampling,
        *,
        row_seeds: Sequence[int] | None = None,
    ) -> Rollouts:
        """One completion per row.

        Args:
            prompts: Each distinct prompt once.
            prompt_of_row: The prompt each row answers: G equal entries for a group of G.
            sampling: How to draw.
            row_seeds: An integer per row, from 0 to 2^63 - 1. With them a row's completion is a function of its
                prompt and its seed, whatever else is in the batch and in which order; without them the engine draws
                from its own random state. At temperature 0 they change nothing.
        """
        ...
