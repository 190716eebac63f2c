"""Rollouts with transformers' `generate`, the video encoded and the prompt run once per prompt.

Letters: R rows, T new tokens.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.generation.engine import Rollouts, Sampling
from video_ktr.generation.prefill import prefill
from video_ktr.generation.seeded_draws import SeededDraws, require_one_seed_per_row
from video_ktr.generation.token_scores import TokenScores
from video_ktr.scoring.model_family import VisionLanguageModel, base_model
from video_ktr.scoring.prompt_view import view_prompts
from video_ktr.scoring.scorer import evaluation_mode


def generation_config(sampling: Sampling, *, sample: bool) -> GenerationConfig:
    """`sampling` in transformers' words; `sample` is whether `generate` draws, or takes the token of best score."""
    drawn = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
    }
    return GenerationConfig(
        max_new_tokens=sampling.max_new_tokens,
        do_sample=sample,
        **(drawn if sample else {}),
        repetition_penalty=sampling.repetition_penalty,
        eos_token_id=list(sampling.end_token_ids),
        pad_token_id=sampling.pad_token_id,
        disable_compile=True,
        **sampling.extra,
    )


@contextmanager
def pinned_generation_config(model: Any, config: GenerationConfig) -> Iterator[None]:
    """`generate` fills unset fields from the model's own configuration: for a while, that is `config` too."""
    own = model.generation_config
    model.generation_config = config
    try:
        yield
    finally:
        model.generation_config = own


class TransformersEngine:
    """Generates with the model itself, on whatever device it lives.

    The prompt is run once per prompt, all but its last token; its cache is repeated for the rows, and `generate`
    goes on from there with explicit M-RoPE positions.
    """

    def __init__(self, model: Any):
        self.model = model
        self.parts = VisionLanguageModel.of(model)

    def generate(
        self,
        prompts: list[EncodedPrompt],
        prompt_of_row: Sequence[int],
        sampling: Sampling,
        *,
        row_seeds: Sequence[int] | None = None,
        streamer: Any | None = None,
    ) -> Rollouts:
        """See `RolloutEngine.generate`. Without seeds it draws from torch's global generator.

        `streamer` is told the tokens as they are drawn: one of transformers' streamers, or its like.
        """
        prompt_R = torch.tensor(list(prompt_of_row), device=self.parts.device)
        scores = TokenScores(sampling.temperature or 1.0)
        processors = scores.and_ban(list(sampling.forbidden_token_ids), self.parts.device)
        draw = sampling.temperature > 0
        if draw and row_seeds is not None:
            require_one_seed_per_row(row_seeds, prompt_of_row)
            processors.append(SeededDraws(row_seeds, sampling))
            draw = False
        config = generation_config(sampling, sample=draw)
        with (
            evaluation_mode(self.model),
            pinned_generation_config(base_model(self.model), config),
            scores.watching(self.parts.lm_head),
        ):
            views = view_prompts(self.parts, prompts)
            run = prefill(self.parts, views)
            run.cache.batch_select_indices(prompt_R)
            sequences = self.model.generate(
                input_ids=run.input_ids_UP[prompt_R],
                attention_mask=run.mask_UP[prompt_R],
                position_ids=run.positions_3UP[:, prompt_R],
                past_key_values=run.cache,
                generation_config=config,
                logits_processor=processors,
                streamer=streamer,
            )
        tokens_RT = sequences[:, run.input_ids_UP.shape[1] :]
        log_probs_RT, entropies_RT = scores.finish(sequences)
        valid_RT = up_to_end(tokens_RT, sampling.end_token_ids)
        return Rollouts(
            token_ids=[row[valid].tolist() for row, valid in zip(tokens_RT, valid_RT, strict=True)],
            log_probs_BT=log_probs_RT * valid_RT,
            entropies_BT=entropies_RT * valid_RT,
            views=views,
        )


def up_to_end(tokens_RT: Tensor, end_token_ids: Sequence[int]) -> Tensor:
    """True at the tokens of each row up to and including its first end token."""
    ends_RT = torch.isin(tokens_RT, torch.tensor(list(end_token_ids), device=tokens_RT.device)).int()
    return (ends_RT.cumsum(1) - ends_RT) == 0
