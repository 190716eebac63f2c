"""The plain pass that shared-prompt scoring must equal."""

import torch

from video_ktr.scoring import VisionLanguageModel


def plain_logits(model, prompt, token_ids_T):
    """Logits (T, V) that predict each token of one completion: one full sequence through the model's own forward."""
    parts = VisionLanguageModel.of(model)
    positions_3P, following = parts.positions(prompt)
    steps_T = following + torch.arange(len(token_ids_T))
    logits_LV = model(
        input_ids=torch.cat([prompt.input_ids_P, token_ids_T])[None],
        position_ids=torch.cat([positions_3P, steps_T.expand(3, -1)], dim=1)[:, None],
        pixel_values=prompt.image_patches_KD,
        image_grid_thw=prompt.image_grid,
        pixel_values_videos=prompt.video_patches_KD,
        video_grid_thw=prompt.video_grid,
    ).logits[0]
    return logits_LV[-len(token_ids_T) - 1 : -1]


def plain_pass(model, prompt, token_ids_T):
    """Log-probabilities and entropies of one completion."""
    log_probs_TV = plain_logits(model, prompt, token_ids_T).log_softmax(-1)
    entropies_T = -(log_probs_TV.exp() * log_probs_TV).sum(-1)
    return log_probs_TV.gather(-1, token_ids_T[:, None])[:, 0], entropies_T
