"""Which tokens of a reply are key tokens, and what they scored.

Letters: B = 1 row, T completion tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from video_ktr.attribution import KeyTokenConfig, TokenSignals, select_key_tokens
from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import ConfigError
from video_ktr.evaluation.streaming import token_texts
from video_ktr.scoring import Completions, CompletionScorer, CompletionScores, PromptView, SignalRequest
from video_ktr.scoring.signals import Counterfactuals, score_counterfactuals, signals_from

SIGNALS = ("visual", "temporal", "entropy")


@dataclass(frozen=True, kw_only=True)
class ScoredToken:
    """One token of a reply.

    Example: ``ScoredToken(id=412, text=" red", visual=2.1, temporal=0.0, entropy=0.3, key=("visual",))``.
    """

    id: int
    text: str
    """What it adds to the reply: "" for the end token, and for one that ends inside a character."""
    visual: float | None
    """Nats, or the distance that the settings ask for. None where the signal is off or the prompt has nothing to
    hide or reorder: an image has no temporal score."""
    temporal: float | None
    entropy: float | None
    key: tuple[str, ...]
    """The signals that selected it, in the order of `SIGNALS`."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ReplyScores:
    """What the passes over one reply gave: B = 1 throughout."""

    completions: Completions
    views: list[PromptView]
    true: CompletionScores
    counterfactuals: Counterfactuals
    signals: TokenSignals

    @property
    def by_signal(self) -> dict[str, list[float] | None]:
        """The score of each token by each signal; None where the signal is off or the prompt does not have it."""
        signals = self.signals
        return {
            "visual": _row(signals.visual_BT, signals.visual_rows_B),
            "temporal": _row(signals.temporal_BT, signals.temporal_rows_B),
            "entropy": _row(signals.entropy_BT),
        }


def require_explainable(config: KeyTokenConfig) -> None:
    """Raise ConfigError for settings that need more than one question."""
    if config.visual_perturbation == "replace":
        raise ConfigError(
            "visual_perturbation 'replace' needs other questions' videos, and one question has none: use another"
        )
    if config.control == "random" or config.ratio_rule == "adaptive":
        name = "control 'random'" if config.control == "random" else "ratio_rule 'adaptive'"
        raise ConfigError(f"{name} belongs to training, where a group is sampled and rewarded: leave it out")


def score_reply(
    scorer: CompletionScorer,
    prompt: EncodedPrompt,
    token_ids: Sequence[int],
    config: KeyTokenConfig,
    *,
    seed: int,
    views: list[PromptView] | None = None,
    keep_hidden: bool = False,
) -> ReplyScores:
    """Run one reply under the true and the counterfactual media.

    As in training (paper, sections 3.1 and 3.2), with this one reply in place of a group: three passes over the reply,
    and a vision pass where frames are reordered.

    Args:
        seed: Decides the order in which the frames are shown.
        views: The prompt with its media encoded, where that was done already.
        keep_hidden: Keep the final hidden states of every pass.
    """
    ids_BT = torch.tensor([list(token_ids)], device=scorer.parts.device)
    completions = Completions(ids_BT, torch.ones_like(ids_BT), [0])
    views = views or scorer.view([prompt])
    generators = [Generator().manual_seed(seed)]
    request = SignalRequest([prompt], completions, generators, views=views, keep_hidden=keep_hidden)
    true = scorer.score(views, completions, keep_hidden=keep_hidden or config.distance != "log_prob")
    counterfactuals = score_counterfactuals(scorer, request, config)
    signals = signals_from(scorer, true, counterfactuals, completions.mask_BT, config)
    return ReplyScores(
        completions=completions, views=views, true=true, counterfactuals=counterfactuals, signals=signals
    )


def explain_tokens(
    tokenizer: Any, token_ids: Sequence[int], scored: ReplyScores, config: KeyTokenConfig
) -> tuple[ScoredToken, ...]:
    """The tokens of one reply with what they scored, and the key tokens among them."""
    keys = select_key_tokens(scored.signals, scored.completions.mask_BT, config)
    scores = scored.by_signal
    chosen = {"visual": _row(keys.visual_BT), "temporal": _row(keys.temporal_BT), "entropy": _row(keys.entropy_BT)}
    return tuple(
        ScoredToken(
            id=token_id,
            text=text,
            **{name: None if row is None else row[place] for name, row in scores.items()},
            key=tuple(name for name in SIGNALS if (row := chosen[name]) is not None and row[place]),
        )
        for place, (token_id, text) in enumerate(zip(token_ids, token_texts(tokenizer, token_ids), strict=True))
    )


def _row(values_BT: Tensor | None, have_it_B: Tensor | None = None) -> list[Any] | None:
    if values_BT is None or (have_it_B is not None and not have_it_B[0]):
        return None
    row: list[Any] = values_BT[0].tolist()
    return row
