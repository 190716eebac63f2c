"""Video GRPO and Video-KTR as one would write them without a shared prompt: what sharing is measured against.

Letters: B rows (prompts x G), P prompt tokens, T completion tokens, L = P + T, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor
from trl.models.utils import unwrap_model_for_generation

from video_ktr.attribution import frame_order, reorder_frames
from video_ktr.generation import Rollouts
from video_ktr.generation.transformers_engine import generation_config, up_to_end
from video_ktr.scoring import VisionLanguageModel
from video_ktr.training import VideoGRPOTrainer
from video_ktr.training.full_pass import media_inputs, sequence_positions


class PlainVideoTrainer(VideoGRPOTrainer):
    """Generates as TRL does, from G copies of the prompt and its video. To be run with `share_prefix=False`."""

    def _generate_single_turn(self, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        prompts = self._rows.per_row
        device = self.accelerator.device
        # One prompt, so there is nothing to pad.
        input_ids_BP = torch.stack([prompt.input_ids_P for prompt in prompts]).to(device)
        types_BP = torch.stack([prompt.mm_types_P for prompt in prompts]).to(device)
        config = generation_config(self.sampling, sample=self.sampling.temperature > 0)
        config.suppress_tokens = list(self.sampling.forbidden_token_ids)
        with (
            unwrap_model_for_generation(self.model_wrapped, self.accelerator) as model,
            torch.no_grad(),
            self.accelerator.autocast(),
        ):
            sequences = model.generate(
                input_ids=input_ids_BP,
                attention_mask=torch.ones_like(input_ids_BP),
                mm_token_type_ids=types_BP,
                generation_config=config,
                **media_inputs(prompts, device),
            )
        tokens_BT = sequences[:, input_ids_BP.shape[1] :]
        valid_BT = up_to_end(tokens_BT, self.sampling.end_token_ids)
        token_ids = [row[valid].tolist() for row, valid in zip(tokens_BT, valid_BT, strict=True)]
        self._rollouts = Rollouts(token_ids)
        return token_ids, None


class NaiveKTRTrainer(PlainVideoTrainer):
    """`PlainVideoTrainer` with two more passes a step; what they say is not used, since only their cost counts."""

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output = super()._generate_and_score_completions(inputs)
        naive_counterfactuals(self, output)
        return output


def naive_counterfactuals(trainer: VideoGRPOTrainer, batch: dict[str, Any]) -> list[Tensor]:
    """Log-probabilities (B, T) with the video masked, and with its frames shuffled: full sequences, full logits."""
    model, prompts = trainer.model, batch["prompts"]
    input_ids_BL = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
    mask_BL = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
    length = batch["completion_ids"].shape[1]
    positions = sequence_positions(VisionLanguageModel.of(model), prompts, mask_BL, length)
    media = media_inputs(prompts, input_ids_BL.device)
    patches = media.pop("pixel_values_videos")
    grid = prompts[0].video_grid[0].tolist()
    order = frame_order(prompts[0].num_frames[0], "shuffle")
    shuffled = reorder_frames(prompts[0].video_patches_KD, grid, order, num_frames=prompts[0].num_frames[0])
    log_probs = []
    with torch.no_grad(), trainer.accelerator.autocast():
        for video in (torch.zeros_like(patches), shuffled.repeat(len(prompts), 1).to(patches.device)):
            logits_BLV = model(
                input_ids=input_ids_BL,
                attention_mask=mask_BL,
                position_ids=positions,
                pixel_values_videos=video,
                **media,
            ).logits
            log_probs_BTV = logits_BLV[:, -length - 1 : -1].float().log_softmax(-1)
            log_probs.append(log_probs_BTV.gather(-1, batch["completion_ids"][..., None]).squeeze(-1))
    return log_probs
