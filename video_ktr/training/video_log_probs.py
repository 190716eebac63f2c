"""A GRPO trainer whose passes over completions see the videos of their prompts.

Letters: B rows (prompts x G), T completion tokens.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from accelerate.utils import is_peft_model
from torch import Tensor
from trl import GRPOTrainer

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.generation import Rollouts
from video_ktr.scoring import Completions, CompletionScorer, CompletionScores, PromptView, VisionLanguageModel
from video_ktr.scoring.model_family import base_model
from video_ktr.training.config import VideoGRPOConfig
from video_ktr.training.costs import StepCosts
from video_ktr.training.even_passes import even_passes
from video_ktr.training.log_prob_passes import log_probs_with_gradient, plain_scores, shared_scores
from video_ktr.training.micro_batches import distinct
from video_ktr.training.prompt_rows import PromptRows
from video_ktr.training.whole_weights import whole_weights


class VideoLogProbs(GRPOTrainer):
    """Old policy, reference and the policy that learns, each prompt run once for all its completions.

    Seams of TRL 1.16 that are overridden:
        `_get_per_token_logps_and_entropies`: without gradients (old policy, reference), the shared-prompt scorer; in
            the loss, what `_compute_loss` has computed before.
        `_compute_loss`: runs the policy with gradients, each prompt once, only where a token moves the loss (with
            `share_prefix=False` every row by itself, whole), and stops on a loss that is not finite.
    """

    args: VideoGRPOConfig
    costs: StepCosts
    """What the step costs, by phase."""
    _parts: VisionLanguageModel
    _rows: PromptRows
    """The prompts of the last generation, until its passes without gradients are over."""
    _rollouts: Rollouts
    """What the engine returned for them, likewise."""
    _scored: list[CompletionScores]
    """Passes without gradients since the last generation, likewise."""
    _loss_scores: tuple[Tensor, Tensor] | None = None

    def _whole_weights(self, model: Any) -> AbstractContextManager[None]:
        """`whole_weights` of a model, by the wrapper that knows how they are split."""
        return whole_weights(self.model_wrapped if base_model(model) is base_model(self.model) else model)

    def _get_per_token_logps_and_entropies(  # noqa: PLR0917 (TRL's signature)
        self,
        model: Any,
        input_ids: Tensor,
        attention_mask: Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,  # noqa: ARG002 (every pass gives it)
        **_: Any,
    ) -> tuple[Tensor, Tensor, None]:
        if self._loss_scores is not None:
            return *self._loss_scores, None
        mask_BT, rows = attention_mask[:, -logits_to_keep:], batch_size or self.args.per_device_train_batch_size
        with self.costs.phase("score"), self._whole_weights(model), self.accelerator.autocast():
            if self.args.share_prefix:
                completions = Completions(input_ids[:, -logits_to_keep:], mask_BT, self._rows.prompt_of_row)
                scores = shared_scores(self._scorer(model, rows), self._known_views(model), completions)
            else:
                scores = plain_scores(
                    model, input_ids, attention_mask, logits_to_keep, self._rows.per_row, max_rows=rows
                )
        self._scored.append(scores)
        return scores.log_probs_BT, scores.entropies_BT, None

    def _known_views(self, model: Any) -> Sequence[EncodedPrompt | PromptView]:
        """The prompts as generation saw them where `model` sees them alike, else the prompts themselves."""
        same = model is self.model and not is_peft_model(self.model)
        # A frozen tower is the reference model's too, and the base's of an adapter that is switched off.
        if self._rollouts.views is not None and (same or self._parts.vision_is_frozen):
            return self._rollouts.views
        return self._rows.prompts

    def _scorer(self, model: Any, max_rows: int | None = None) -> CompletionScorer:
        rows = max_rows or self.args.per_device_train_batch_size
        return CompletionScorer(model, temperature=self.temperature, max_rows=rows)

    def _shape_loss(self, inputs: dict[str, Any], scores: tuple[Tensor, Tensor]) -> None:
        """Change what TRL's loss is given, once the policy's log-probabilities and entropies are known."""

    def _observe(self, inputs: dict[str, Any]) -> None:
        """Look at what TRL's loss has been given."""

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> Tensor:
        inputs = dict(inputs)
        with self.costs.phase("forward"), self.accelerator.autocast():
            self._loss_scores = self._score_micro_batch(model, inputs)
        try:
            self._shape_loss(inputs, self._loss_scores)
            loss: Tensor = super()._compute_loss(model, inputs)
        finally:
            self._loss_scores = None
        if not torch.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {loss.item()} at step {self.state.global_step}: the weights were left as they are; "
                "lower the learning rate, or look at the rewards and the reference model"
            )
        self._observe(inputs)
        return loss

    def _score_micro_batch(self, model: Any, inputs: dict[str, Any]) -> tuple[Tensor, Tensor]:
        if torch.is_grad_enabled():
            with even_passes(model, inputs["prompts"], self.accelerator, shared=self.args.share_prefix):
                return log_probs_with_gradient(model, inputs, self.args)
        prompts, prompt_of_row = distinct(inputs["prompts"])
        completions = Completions(inputs["completion_ids"], inputs["completion_mask"], prompt_of_row)
        with self._whole_weights(model):
            scores = shared_scores(self._scorer(model), prompts, completions)
        return scores.log_probs_BT, scores.entropies_BT
