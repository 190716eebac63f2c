"""The three signals of Video-KTR for a batch of completions.

Letters: B rows (prompts x G), T completion tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from video_ktr.attribution import KeyTokenConfig, TokenSignals, log_prob_shift
from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring.counterfactual import Perturbed, hide_video, reorder_video
from video_ktr.scoring.packing import Completions
from video_ktr.scoring.prompt_view import PromptView
from video_ktr.scoring.scorer import CompletionScorer, CompletionScores
from video_ktr.scoring.token_stats import token_distances

SHIFT_RESOLUTION = 1e-5
"""Nats. Two float32 passes over the same tokens agree to about this: a smaller shift is rounding and counts as 0, so
that tokens the video does not touch are ranked by their place, not by noise."""


@dataclass(frozen=True, eq=False)
class SignalRequest:
    """What to attribute: prompts, their completions, and the randomness of the perturbations."""

    prompts: list[EncodedPrompt]
    completions: Completions
    generators: Sequence[Generator]
    """One per prompt."""
    donors: Sequence[EncodedPrompt | None] | None = None
    """Another prompt per prompt, for `visual_perturbation="replace"`."""
    views: list[PromptView] | None = None
    """The prompts with their media encoded, where that was done already with the same weights."""
    keep_hidden: bool = False
    """Keep the final hidden states of the counterfactual passes; distances between distributions always do."""


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """What the model thinks of the completions under one counterfactual video."""

    scores: CompletionScores
    rows_B: Tensor
    """True at rows for which the counterfactual exists and was run; the scores of other rows mean nothing."""

    def take(self, rows: Tensor) -> "Counterfactual":
        """Those rows, in that order; without hidden states."""
        scores = CompletionScores(self.scores.log_probs_BT[rows], self.scores.entropies_BT[rows])
        return Counterfactual(scores, self.rows_B[rows])


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """The passes that the switched-on signals need; None for a signal that is off."""

    visual: Counterfactual | None = None
    temporal: Counterfactual | None = None

    def take(self, rows: Tensor) -> "Counterfactuals":
        """Those rows, in that order; without hidden states."""
        return Counterfactuals(*(c and c.take(rows) for c in (self.visual, self.temporal)))


def score_counterfactuals(scorer: CompletionScorer, request: SignalRequest, config: KeyTokenConfig) -> Counterfactuals:
    """Score the completions with the video hidden and with its frames in another order (paper, section 3.1).

    Only the passes that a switched-on signal needs are run. A row whose prompt has no video has no temporal
    counterfactual, and one without any image or video no visual one either.
    """
    views = request.views or scorer.view(request.prompts)
    visual = temporal = None
    if config.uses_visual:
        hidden = hide_video(scorer, request.prompts, views, config, request.generators, donors=request.donors)
        visual = _score(scorer, hidden, request, config)
    if config.uses_temporal:
        reordered = reorder_video(scorer, request.prompts, views, config, request.generators)
        temporal = _score(scorer, reordered, request, config)
    return Counterfactuals(visual, temporal)


def _score(
    scorer: CompletionScorer, perturbed: Perturbed, request: SignalRequest, config: KeyTokenConfig
) -> Counterfactual:
    """Run the rows for which the counterfactual exists, and which have tokens to score."""
    completions = request.completions
    mask_BT = completions.mask_BT.bool()
    exists_B = torch.tensor([perturbed.exists[p] for p in completions.prompt_of_row], device=mask_BT.device)
    chosen = replace(completions, mask_BT=mask_BT & exists_B[:, None])
    keep_hidden = request.keep_hidden or config.distance != "log_prob"
    scores = scorer.score(perturbed.views, chosen, keep_hidden=keep_hidden)
    return Counterfactual(scores, chosen.mask_BT.any(1))


def signals_from(
    scorer: CompletionScorer,
    true_scores: CompletionScores,
    counterfactuals: Counterfactuals,
    mask_BT: Tensor,
    config: KeyTokenConfig,
) -> TokenSignals:
    """Visual, temporal and entropy scores of every completion token (paper, section 3.1).

    Args:
        true_scores: Under the true video; with hidden states when `config.distance` compares distributions.
        mask_BT: True or 1 at the tokens that were scored.
    """
    visual, temporal = counterfactuals.visual, counterfactuals.temporal
    return TokenSignals(
        visual_BT=None if visual is None else _shift(scorer, true_scores, visual, mask_BT.bool(), config),
        temporal_BT=None if temporal is None else _shift(scorer, true_scores, temporal, mask_BT.bool(), config),
        entropy_BT=true_scores.entropies_BT if config.uses_entropy else None,
        visual_rows_B=None if visual is None else visual.rows_B,
        temporal_rows_B=None if temporal is None else temporal.rows_B,
    )


def token_signals(
    scorer: CompletionScorer,
    request: SignalRequest,
    config: KeyTokenConfig,
    *,
    true_scores: CompletionScores | None = None,
) -> tuple[TokenSignals, CompletionScores]:
    """`score_counterfactuals` and `signals_from` in one, with the true video scored where that is needed.

    Args:
        true_scores: Scores under the true video where generation or the old-policy pass has given them already.
            They are recomputed when a distribution distance asks for hidden states they do not hold.

    Returns:
        The signals, and the scores under the true video.
    """
    by_distribution = config.distance != "log_prob"
    request = replace(request, views=request.views or scorer.view(request.prompts))
    if true_scores is None or (by_distribution and true_scores.hidden_KD is None):
        true_scores = scorer.score(request.views or [], request.completions, keep_hidden=by_distribution)
    counterfactuals = score_counterfactuals(scorer, request, config)
    return signals_from(scorer, true_scores, counterfactuals, request.completions.mask_BT, config), true_scores


def _shift(
    scorer: CompletionScorer,
    true_scores: CompletionScores,
    other: Counterfactual,
    mask_BT: Tensor,
    config: KeyTokenConfig,
) -> Tensor:
    """How far each token's prediction moves, 0 in rows without the counterfactual."""
    chosen_BT = mask_BT & other.rows_B[:, None]
    if config.distance == "log_prob":
        shift_BT = log_prob_shift(true_scores.log_probs_BT, other.scores.log_probs_BT, signed=config.signed)
        return shift_BT.masked_fill(~chosen_BT | (shift_BT.abs() < SHIFT_RESOLUTION), 0.0)
    if true_scores.hidden_KD is None or other.scores.hidden_KD is None:
        raise ValueError("a distribution distance needs hidden states")
    shift_BT = torch.zeros(mask_BT.shape, device=mask_BT.device)
    shift_BT[chosen_BT] = token_distances(
        scorer.parts.lm_head,
        true_scores.hidden_KD[chosen_BT[mask_BT]],
        other.scores.hidden_KD,
        distance=config.distance,
        space=config.distance_space,
        temperature=scorer.temperature,
    )
    return shift_BT
