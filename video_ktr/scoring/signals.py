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
from video_ktr.scoring.prompt_view import PromptView
from video_ktr.scoring.scorer import Completions, CompletionScorer, CompletionScores
from video_ktr.scoring.token_stats import token_distances


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


def token_signals(
    scorer: CompletionScorer,
    request: SignalRequest,
    config: KeyTokenConfig,
    *,
    true_scores: CompletionScores | None = None,
) -> tuple[TokenSignals, CompletionScores]:
    """Visual, temporal and entropy scores of every completion token (paper, section 3.1).

    Only the passes that a switched-on signal needs are run. A row whose prompt has no video has no temporal signal,
    and one without any image or video no visual signal either: the signals say which rows have them.

    Args:
        true_scores: Scores under the true video where generation or the old-policy pass has given them already.
            They are recomputed when a distribution distance asks for hidden states they do not hold.

    Returns:
        The signals, and the scores under the true video.
    """
    by_distribution = config.distance != "log_prob"
    views = request.views or scorer.view(request.prompts)
    if true_scores is None or (by_distribution and true_scores.hidden_BTD is None):
        true_scores = scorer.score(views, request.completions, keep_hidden=by_distribution)
    visual_BT = temporal_BT = visual_rows_B = temporal_rows_B = None
    if config.uses_visual:
        hidden = hide_video(scorer, request.prompts, views, config, request.generators, donors=request.donors)
        visual_BT, visual_rows_B = _shift(scorer, true_scores, hidden, request.completions, config)
    if config.uses_temporal:
        reordered = reorder_video(scorer, request.prompts, views, config, request.generators)
        temporal_BT, temporal_rows_B = _shift(scorer, true_scores, reordered, request.completions, config)
    signals = TokenSignals(
        visual_BT=visual_BT,
        temporal_BT=temporal_BT,
        entropy_BT=true_scores.entropies_BT if config.uses_entropy else None,
        visual_rows_B=visual_rows_B,
        temporal_rows_B=temporal_rows_B,
    )
    return signals, true_scores


def _shift(
    scorer: CompletionScorer,
    true_scores: CompletionScores,
    perturbed: Perturbed,
    completions: Completions,
    config: KeyTokenConfig,
) -> tuple[Tensor, Tensor]:
    """How far each token moves, and the rows for which the counterfactual exists; only those are run."""
    device = completions.token_ids_BT.device
    exists_B = torch.tensor([perturbed.exists[prompt] for prompt in completions.prompt_of_row], device=device)
    shift_BT = torch.zeros(completions.token_ids_BT.shape, device=device)
    rows = exists_B.nonzero().squeeze(1).tolist()
    if not rows:
        return shift_BT, exists_B
    chosen = replace(
        completions,
        token_ids_BT=completions.token_ids_BT[rows],
        mask_BT=completions.mask_BT[rows],
        prompt_of_row=[completions.prompt_of_row[row] for row in rows],
    )
    if config.distance == "log_prob":
        other = scorer.score(perturbed.views, chosen)
        shift_BT[rows] = log_prob_shift(true_scores.log_probs_BT[rows], other.log_probs_BT, signed=config.signed)
        return shift_BT, exists_B
    other = scorer.score(perturbed.views, chosen, keep_hidden=True)
    if true_scores.hidden_BTD is None or other.hidden_BTD is None:
        raise ValueError("a distribution distance needs hidden states")
    shift_BT[rows] = token_distances(
        scorer.parts.lm_head,
        true_scores.hidden_BTD[rows],
        other.hidden_BTD,
        chosen.mask_BT,
        distance=config.distance,
        space=config.distance_space,
        temperature=scorer.temperature,
    )
    return shift_BT, exists_B
