"""Prompts and the completions that answer them, laid end to end for one forward pass.

Letters: B rows, T completion tokens, N tokens of the flat sequence, P prompt tokens, K wanted tokens, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from video_ktr.scoring.group_attention import PromptGroup, use_group_attention
from video_ktr.scoring.model_family import VisionLanguageModel
from video_ktr.scoring.prompt_view import PromptView


@dataclass(frozen=True, eq=False)
class Completions:
    """Completions to score, right-padded, and the prompt each answers.

    Example:
        Two prompts, two answers each: `prompt_of_row == [0, 0, 1, 1]` and four rows of token ids.
    """

    token_ids_BT: Tensor
    mask_BT: Tensor
    """True or 1 at the tokens whose probability is wanted; elsewhere a token is context, or padding after the last."""
    prompt_of_row: Sequence[int]


@dataclass(frozen=True, eq=False)
class Packed:
    """A flat sequence: each prompt but its last token once, then, row by row, that last token and the completion."""

    embeddings_ND: Tensor
    positions_3N: Tensor
    groups: tuple[PromptGroup, ...]
    predictors_K: Tensor
    """Place of the token that predicts each wanted token, in the order of `completions.token_ids_BT[mask]`."""


def pack(model: VisionLanguageModel, views: Sequence[PromptView], completions: Completions) -> Packed:
    """Lay out what the wanted tokens depend on, and nothing else.

    A row ends with the predictor of its last wanted token. A row without wanted tokens, and a prompt without rows, is
    left out. Rows may come in any order; those of one prompt stand together in the flat sequence.

    Args:
        views: The prompts; `completions.prompt_of_row` points into them.
        completions: At least one wanted token.
    """
    mask_BT = completions.mask_BT.bool()
    steps_T = torch.arange(mask_BT.shape[1], device=mask_BT.device)
    lengths = ((steps_T + 1) * mask_BT).amax(1).tolist()
    embeddings: list[Tensor] = []
    positions: list[Tensor] = []
    groups: list[PromptGroup] = []
    starts = [0] * len(lengths)
    place = 0
    for prompt, view in enumerate(views):
        rows = [row for row, n in enumerate(lengths) if n and completions.prompt_of_row[row] == prompt]
        if not rows:
            continue
        embeddings_PD = view.embeddings(model)
        embeddings.append(embeddings_PD[:-1])
        positions.append(view.positions_3P[:, :-1])
        groups.append(
            PromptGroup(place, len(embeddings_PD) - 1, tuple(lengths[row] for row in rows), embeddings_PD.device)
        )
        place = groups[-1].prefix.stop
        for row in rows:
            starts[row] = place
            place += lengths[row]
            context = completions.token_ids_BT[row, : lengths[row] - 1]
            embeddings += [embeddings_PD[-1:], model.embed_tokens(context)]
            following = (view.next_position + torch.arange(len(context), device=embeddings_PD.device)).expand(3, -1)
            positions += [view.positions_3P[:, -1:], following]
    predictors_BT = torch.tensor(starts, device=mask_BT.device)[:, None] + steps_T
    return Packed(torch.cat(embeddings), torch.cat(positions, dim=1), tuple(groups), predictors_BT[mask_BT])


def wanted_hidden(model: VisionLanguageModel, views: Sequence[PromptView], completions: Completions) -> Tensor:
    """Final hidden states (K, D) that predict each wanted token, in the order of `token_ids_BT[mask]`.

    Each prompt runs through the decoder once, whatever the number of its rows. Equal to running every full sequence by
    itself; differentiable, into the visual features too, where gradients are on.
    """
    return hidden_of(model, pack(model, views, completions))


def hidden_of(model: VisionLanguageModel, packed: Packed) -> Tensor:
    """Final hidden states (K, D) at the predictors of a flat sequence, by one pass of the decoder."""
    use_group_attention(model.core.language_model)
    output = model.decode(
        inputs_embeds=packed.embeddings_ND[None],
        # A mapping keeps the decoder from making a mask of its own.
        attention_mask={"full_attention": None},
        position_ids=packed.positions_3N[:, None],
        use_cache=False,
        prompt_groups=packed.groups,
    )
    hidden_KD: Tensor = output.last_hidden_state[0].index_select(0, packed.predictors_K)
    return hidden_KD
