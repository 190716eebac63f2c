"""TW-GRPO: GRPO whose tokens weigh as much as the rollouts of their group disagree at their place.

Letters: B rows (prompts x G), G completions of a group, T completion tokens, K valid tokens, D width, V vocabulary.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from video_ktr.errors import ConfigError
from video_ktr.scoring import Completions, VisionLanguageModel
from video_ktr.training.config import VideoGRPOConfig
from video_ktr.training.divergence_weights import divergence_weights
from video_ktr.training.video_grpo import VideoGRPOTrainer
from video_ktr.training.weighted_kl import kl_excess


@dataclass
class TWGRPOConfig(VideoGRPOConfig):
    """`VideoGRPOConfig` and the token weights of TW-GRPO, with its loss ("bnpo") and its clip (0.20, 0.28).

    Raises:
        ConfigError: A value is out of range or clashes with another; the message says the fix.
    """

    loss_type: str = field(
        default="bnpo",
        metadata={"help": 'Loss normalisation: "bnpo", a mean over tokens, or "grpo", over completions.'},
    )
    epsilon_high: float | None = field(
        default=0.28, metadata={"help": "Upper clip of the ratio; the lower is epsilon."}
    )
    divergence_alpha: float = field(
        default=1.7, metadata={"help": "Weight of the place where a group's rollouts differ most; the least has 1."}
    )
    weight_grad: bool = field(
        default=False, metadata={"help": "Let gradients flow through the weights, as the released code does."}
    )
    tw_input: Literal["log_probs", "logits"] = field(
        default="log_probs", metadata={"help": '"logits": as in the port that Video-KTR was compared with.'}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.divergence_alpha < 0:
            raise ConfigError(f"divergence_alpha is {self.divergence_alpha}: give 0 or more (1 is plain GRPO)")
        if self.loss_type not in ("bnpo", "grpo"):
            raise ConfigError(f'loss_type is {self.loss_type!r}: TW-GRPO knows "bnpo" (as released) and "grpo"')
        if self.beta and self.use_bias_correction_kl:
            raise ConfigError("use_bias_correction_kl is not known to TW-GRPO's weighted KL term: leave it out")
        rows = self.per_device_train_batch_size
        if not self.weight_grad:
            rows *= self.steps_per_generation or 1
        if rows % self.num_generations:
            raise ConfigError(
                f"TW-GRPO compares the completions of a group, but {rows} are "
                f"{'in a micro-batch' if self.weight_grad else 'generated per device'} and num_generations is "
                f"{self.num_generations}: make the first a multiple of the second"
            )


class TWGRPOTrainer(VideoGRPOTrainer):
    """GRPO with the token weights of TW-GRPO (arXiv 2505.24718).

    w_t is 1 where the rollouts of a group agree about the next token and alpha where they differ most
    (`divergence_weights`); it is the same for all completions of the group, and multiplies the policy and the KL term.
    The loss is divided by the number of tokens, not by the sum of weights: a mean over the tokens of a micro-batch,
    which is a group's, as released, where a micro-batch holds one. Its other two parts are data and reward:
    `video_ktr.data.question_inversion` and the reward "soft_choice".

    How we differ from the released code: the weights carry no gradient unless `weight_grad` (at ratio 1 that gradient
    is 0 wherever all rollouts of a group still run, since their advantages add up to 0 and share one weight); each
    group's positions end with its own longest completion; learning rate, sampling, reward and prompt are the config's.
    `tw_input="logits"` and a `beta` of 0.04 are what the authors of Video-KTR compared with.

    Cost: one more pass without gradients over the groups that learn, each prompt once, and its LM head, a tile of
    positions at a time. With `weight_grad` no more pass but the loss's own, and its LM head twice more.

    Metric `token_weight`: mean weight of the valid tokens that were weighed.

    Seams of TRL 1.16 overridden beside `VideoGRPOTrainer`'s: none. It adds to the output of
    `_generate_and_score_completions`, and to what `_compute_loss` is given and gives.

    Raises:
        ConfigError: `weight_grad` with weights split by FSDP or ZeRO-3, whose LM head cannot be read in the loss.
    """

    args: TWGRPOConfig
    config_type = TWGRPOConfig

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        state = self.accelerator.state
        zero3 = state.deepspeed_plugin is not None and state.deepspeed_plugin.zero_stage == 3
        if self.args.weight_grad and (zero3 or getattr(state, "fsdp_plugin", None) is not None):
            raise ConfigError("weight_grad needs whole weights in the loss: use DDP or ZeRO-2, or set it to false")
        self._loss_hidden: list[Tensor] = []
        self._kl_excess: Tensor | None = None

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output = super()._generate_and_score_completions(inputs)
        if not self.model.training:
            return output
        if self.args.weight_grad:
            # Unknown entropies make the loss score all tokens, also those of rows without advantage.
            output["known_entropies"] = None
            return output
        return {**output, **self._weighted(output, self._weights_before_the_loss(output))}

    def _weights_before_the_loss(self, output: dict[str, Any]) -> Tensor:
        """Weights (B, T) from a pass of their own, a group at a time; 1 in groups that have nothing to learn."""
        ids_BT, mask_BT = output["completion_ids"], output["completion_mask"].bool()
        weights_BT = torch.ones(mask_BT.shape, device=mask_BT.device)
        scorer = self._scorer(self.model)
        attribute = self.costs.phase("attribute")
        with attribute, torch.no_grad(), self._whole_weights(self.model), self.accelerator.autocast():
            views = self._rollouts.views or scorer.view(self._rows.prompts)
            for start in range(0, len(mask_BT), self.num_generations):
                rows = slice(start, start + self.num_generations)
                if not mask_BT[rows].any() or not (self.beta or output["advantages"][rows].any()):
                    continue
                completions = Completions(ids_BT[rows], mask_BT[rows], self._rows.prompt_of_row[rows])
                hidden_KD = scorer.score(views, completions, keep_hidden=True).hidden_KD
                if hidden_KD is not None:
                    weights_BT[rows] = self._weights_of_group(hidden_KD, mask_BT[rows])
        return weights_BT

    def _weights_of_group(self, hidden_KD: Tensor, mask_GT: Tensor) -> Tensor:
        lm_head = VisionLanguageModel.of(self.model).lm_head

        def values_of(hidden_ND: Tensor) -> Tensor:
            logits_NV: Tensor = lm_head(hidden_ND).float() / self.temperature
            return logits_NV if self.args.tw_input == "logits" else logits_NV.log_softmax(-1)

        return divergence_weights(hidden_KD, mask_GT, values_of, alpha=self.args.divergence_alpha)

    def _weighted(self, batch: dict[str, Any], weights_BT: Tensor) -> dict[str, Any]:
        """What the loss is given: min(r A w, clip(r) A w) is w min(r A, clip(r) A) for w >= 0."""
        mask_BT = batch["completion_mask"]
        totals = torch.stack([(weights_BT.detach() * mask_BT).sum(), mask_BT.sum().float()])
        total, tokens = self.accelerator.reduce(totals, reduction="sum").tolist()
        self._metrics["train"]["token_weight"].append(total / tokens if tokens else float("nan"))
        return {"advantages": batch["advantages"][:, None] * weights_BT, "token_weights": weights_BT}

    @contextmanager
    def _keeping_hidden(self, model: Any) -> Iterator[None]:
        """Inside, the decoder's hidden states are kept, with their gradients."""
        handle = VisionLanguageModel.of(model).core.register_forward_hook(
            lambda _, __, output: self._loss_hidden.append(output.last_hidden_state)
        )
        try:
            yield
        finally:
            handle.remove()

    def _score_micro_batch(self, model: Any, inputs: dict[str, Any]) -> tuple[Tensor, Tensor]:
        if not (self.args.weight_grad and self.model.training):
            return super()._score_micro_batch(model, inputs)
        with self._keeping_hidden(model):
            scores = super()._score_micro_batch(model, inputs)
        weights_BT = self._weights_in_the_loss(self._loss_hidden.pop(), inputs["completion_mask"].bool())
        inputs.update(self._weighted(inputs, weights_BT))
        return scores

    def _weights_in_the_loss(self, hidden: Tensor, mask_BT: Tensor) -> Tensor:
        """Weights (B, T) with gradients, from the hidden states of the loss's own pass."""
        before = slice(-mask_BT.shape[1] - 1, -1)
        hidden_KD = hidden[0] if self.args.share_prefix else hidden[:, before][mask_BT]
        group = self.num_generations
        sizes = mask_BT.view(-1, group * mask_BT.shape[1]).sum(1).tolist()
        # A micro-batch without valid tokens has one hidden state all the same.
        parts = hidden_KD[: sum(sizes)].split(sizes)
        weights = [self._weights_of_group(part, mask) for part, mask in zip(parts, mask_BT.split(group), strict=True)]
        return torch.cat([weights_T.expand(group, -1) for weights_T in weights])

    def _shape_loss(self, inputs: dict[str, Any], scores: tuple[Tensor, Tensor]) -> None:
        self._kl_excess = None
        if self.beta and "token_weights" in inputs:
            excess = kl_excess(inputs, scores[0], beta=self.beta, per_completion=self.args.loss_type == "grpo")
            self._kl_excess = excess / self.current_gradient_accumulation_steps

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> Tensor:
        loss = super()._compute_loss(model, inputs)
        return loss if self._kl_excess is None else loss + self._kl_excess
