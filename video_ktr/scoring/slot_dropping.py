"""What each temporal slot of a prompt's media does for the tokens of a reply: the slot is dropped, the reply scored.

Letters: T completion tokens, S slots, N tokens, P prompt tokens, R rows, K wanted tokens, D width.
"""

from dataclasses import replace
from itertools import accumulate
from math import ceil, sqrt

import torch
from torch import Tensor

from video_ktr.scoring.group_attention import PromptGroup
from video_ktr.scoring.model_family import VisionLanguageModel
from video_ktr.scoring.packing import Packed, hidden_of
from video_ktr.scoring.positions import IMAGE, VIDEO
from video_ktr.scoring.prompt_view import PromptView
from video_ktr.scoring.scorer import CompletionScorer, evaluation_mode
from video_ktr.scoring.signals import SHIFT_RESOLUTION
from video_ktr.scoring.token_stats import token_stats

PASS_TOKENS = 1 << 15
"""Tokens of prompts and replies that run through the decoder at once, at most, unless one prompt has more. A slot takes
the rest of the prompt from there on: what stands behind it has seen it."""


def slot_starts(view: PromptView) -> list[int]:
    """The place in the prompt of the first token of each slot: those of all videos, then one for each image."""
    starts: list[int] = []
    images = [1 for _ in view.image_features]
    for kind, features, slots in ((VIDEO, view.video_features, view.video_slots), (IMAGE, view.image_features, images)):
        places = (view.mm_types_P == kind).nonzero().squeeze(1).tolist()
        sizes = [len(item) // n for item, n in zip(features, slots, strict=True) for _ in range(n)]
        starts += [places[end - size] for end, size in zip(accumulate(sizes), sizes, strict=True)]
    return starts


def without_slot(view: PromptView, slot: int) -> PromptView:
    """The view with the features of one slot set to 0, the number and positions of its tokens kept.

    As the paper hides the whole video (v := 0, section 3.1), and for the same reason: had the tokens been deleted, all
    that follows would also have moved, and a shift of positions would count as something seen.

    Args:
        slot: Counted through the videos, then the images.
    """
    features = [*view.video_features, *view.image_features]
    for place, slots in enumerate([*view.video_slots, *(1 for _ in view.image_features)]):
        if slot < slots:
            features[place] = _zeroed(features[place], slots, slot)
            break
        slot -= slots
    videos = len(view.video_features)
    return replace(view, video_features=tuple(features[:videos]), image_features=tuple(features[videos:]))


def slot_drops(scorer: CompletionScorer, view: PromptView, token_ids_T: Tensor, log_probs_T: Tensor) -> Tensor | None:
    """How much each token's log-probability drops once a slot is dropped, (T, S), float32, nats.

    Positive where the slot speaks for the token, negative where it speaks against it; 0 below `SHIFT_RESOLUTION`. One
    slot is dropped at a time: what two slots show alike drops with neither. The media were encoded once, in `view`; no
    vision pass is run. Slots run together in runs of about the square root of their number, which share what stands
    before their first slot: of a prompt that is all video the layers see 81 % of S times its tokens for 8 slots, 68 %
    for 32.

    Args:
        view: One prompt.
        token_ids_T: Its reply.
        log_probs_T: Of the reply under `view` itself, by the same scorer.

    Returns:
        None for a prompt without media.
    """
    starts = slot_starts(view)
    if not starts:
        return None
    fitting = max(1, PASS_TOKENS // (len(view.input_ids_P) + len(token_ids_T)))
    together = min(fitting, ceil(sqrt(len(starts))))
    dropped = []
    with evaluation_mode(scorer.model):
        for first in range(0, len(starts), together):
            slots = range(first, min(first + together, len(starts)))
            packed = _pack(
                scorer.parts, [without_slot(view, s) for s in slots], min(starts[s] for s in slots), token_ids_T
            )
            log_probs_K, _ = token_stats(
                scorer.parts.lm_head,
                hidden_of(scorer.parts, packed),
                token_ids_T.repeat(len(slots)),
                temperature=scorer.temperature,
            )
            dropped.append(log_probs_K.unflatten(0, (len(slots), -1)))
    drops_TS = log_probs_T[:, None] - torch.cat(dropped).T
    return drops_TS.masked_fill(drops_TS.abs() < SHIFT_RESOLUTION, 0.0)


def _pack(model: VisionLanguageModel, views: list[PromptView], shared: int, token_ids_T: Tensor) -> Packed:
    """A prefix of `shared` tokens, in which the views are equal, then for each the rest of it and the reply."""
    view, device = views[0], token_ids_T.device
    embeddings = [each.embeddings(model) for each in views]
    context_TD = model.embed_tokens(token_ids_T[:-1])
    following_3T = (view.next_position + torch.arange(len(context_TD), device=device)).expand(3, -1)
    row_3N = torch.cat([view.positions_3P[:, shared:], following_3T], dim=1)
    length, rows = row_3N.shape[1], len(views)
    # The last token of the prompt predicts the first of the reply.
    predictors_T = length - len(token_ids_T) + torch.arange(len(token_ids_T), device=device)
    starts_R = shared + length * torch.arange(rows, device=device)
    return Packed(
        torch.cat([embeddings[0][:shared], *(x for each in embeddings for x in (each[shared:], context_TD))]),
        torch.cat([view.positions_3P[:, :shared], row_3N.repeat(1, rows)], dim=1),
        (PromptGroup(0, shared, (length,) * rows, device),),
        (starts_R[:, None] + predictors_T).flatten(),
    )


def _zeroed(features_ND: Tensor, slots: int, slot: int) -> Tensor:
    blocks = features_ND.reshape(slots, -1, features_ND.shape[1])
    at = torch.tensor([slot], device=features_ND.device)
    return blocks.index_fill(0, at, 0.0).reshape(features_ND.shape)
