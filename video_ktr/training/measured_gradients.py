"""The trainer's side of the gradient decomposition: when it is measured, and of which loss.

Letters: B rows, T completion tokens.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from trl import GRPOTrainer

from video_ktr.errors import ConfigError
from video_ktr.scoring import Completions, VisionLanguageModel
from video_ktr.scoring.scorer import evaluation_mode
from video_ktr.training.gradient_decomposition import HALF, STRICT, describe_split, split_gradients
from video_ktr.training.micro_batches import distinct
from video_ktr.training.shared_pass import shared_pass
from video_ktr.training.video_log_probs import VideoLogProbs
from video_ktr.training.wanted_tokens import fill_unwanted


class MeasuredGradients(VideoLogProbs):
    """At every k-th optimizer step, splits the gradient of the last decoder layer by token (paper, section B.1).

    k is `log_gradient_decomposition`. g_S is the gradient of the policy term, without KL term and entropy bonus, over
    key tokens, g_R that over the rest, and g_full that over all tokens: what plain GRPO would have followed on the same
    completions, each token's loss divided as `loss_type` says, whatever `key_tokens.normalizer` and the weighting say.
    With respect to the weights of the last layer that learn; summed over the micro-batches of the step and averaged
    over processes, as the optimizer's is, before clipping. The paper does not say whether its figures are means over
    tokens, nor of which batches; ours are of the step that is taken.

    Metrics: `gradient/full_norm`, and with key tokens what `describe_split` adds. Cosines are None for a step in which
    no token moves the loss.

    Cost: one more forward pass of each micro-batch, without dropout, whose last layer alone keeps its graph, and four
    backward passes through that layer and the LM head; 32 bytes a weight of the layer while a micro-batch is measured,
    and 16 until the step ends (without key tokens one backward pass, and a quarter of the memory). The update's own
    pass is left as it is, so that the weights come out the same to the last bit.

    Seams of TRL 1.16 overridden: none. TRL's own `_compute_loss` is called again with `beta`, `top_entropy_quantile`
    and `_entropy_bonus_enabled` at plain GRPO's, and with `_metrics` that are thrown away.
    """

    _gradients: dict[str, list[Tensor]]

    def _require_measurable(self) -> None:
        """Raise ConfigError when the gradients that are asked for cannot be had."""
        if not self.args.log_gradient_decomposition:
            return
        state = self.accelerator.state
        zero3 = state.deepspeed_plugin is not None and state.deepspeed_plugin.zero_stage == 3
        if zero3 or getattr(state, "fsdp_plugin", None) is not None:
            raise ConfigError(
                "log_gradient_decomposition needs whole weights on each device: use DDP or ZeRO-2, or set it to 0"
            )
        if self.accelerator.mixed_precision == "fp16":
            raise ConfigError(
                "log_gradient_decomposition is not known in fp16, where small gradients are lost: use bf16, or set it "
                "to 0"
            )
        if not self._measured_parameters():
            raise ConfigError(
                "log_gradient_decomposition looks at the last decoder layer, of which nothing learns: let it learn, or "
                "set it to 0"
            )
        self._gradients = {}

    def _measured_parameters(self) -> list[nn.Parameter]:
        return [p for p in self._last_layer.parameters() if p.requires_grad]

    @property
    def _last_layer(self) -> nn.Module:
        layer: nn.Module = VisionLanguageModel.of(self.model).core.language_model.layers[-1]
        return layer

    def _observe(self, inputs: dict[str, Any]) -> None:
        every = self.args.log_gradient_decomposition
        if not every or not self.model.training or (self.state.global_step + 1) % every:
            return
        with self.costs.phase("measure"):
            for name, tensors in self._split(inputs).items():
                sums = self._gradients.setdefault(name, [torch.zeros_like(t) for t in tensors])
                torch._foreach_add_(sums, tensors)
            if self.accelerator.sync_gradients:
                whole = {name: self.accelerator.reduce(tensors, "mean") for name, tensors in self._gradients.items()}
                self._gradients = {}
                for name, value in describe_split(whole, self._tolerance).items():
                    self._metrics["train"][f"gradient/{name}"].append(value)

    @property
    def _tolerance(self) -> float:
        exact = self.accelerator.mixed_precision == "no" and self._measured_parameters()[0].dtype == torch.float32
        return STRICT if exact and not self.args.tf32 else HALF

    def _split(self, inputs: dict[str, Any]) -> dict[str, list[Tensor]]:
        """The gradients of one micro-batch."""
        advantages_B1 = inputs["plain_advantages"][:, None]
        plain = {name: value for name, value in inputs.items() if name not in ("tool_mask", "kl_mask")}
        scores = self._score_for_the_last_layer(inputs)

        def loss_of(weights_BT: Tensor) -> Tensor:
            loss: Tensor = GRPOTrainer._compute_loss(
                self, self.model, {**plain, "advantages": advantages_B1 * weights_BT}
            )
            return loss

        signs_BT = torch.where(advantages_B1 < 0, -1.0, 1.0).expand(inputs["completion_mask"].shape)
        with self._policy_term_alone(scores):
            return split_gradients(loss_of, self._measured_parameters(), signs_BT, inputs.get("key_mask"))

    def _score_for_the_last_layer(self, inputs: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Log-probabilities and entropies (B, T), with a graph that ends at the input of the last layer."""
        wanted_BT = inputs["completion_mask"].bool() & (inputs["plain_advantages"] != 0)[:, None]
        if not wanted_BT.any():
            # All processes form the loss, which has to have a graph.
            wanted_BT[0, 0] = True
        prompts, prompt_of_row = distinct(inputs["prompts"])
        completions = Completions(inputs["completion_ids"], wanted_BT, prompt_of_row)
        # Evaluation mode leaves out dropout, whose draws would change the run, and activation checkpointing.
        handle = self._last_layer.register_forward_pre_hook(_with_gradients)
        try:
            with evaluation_mode(self.model), self.accelerator.autocast():
                scores = shared_pass(self.model, prompts, completions)
        finally:
            handle.remove()
        return fill_unwanted(scores, wanted_BT, inputs)

    @contextmanager
    def _policy_term_alone(self, scores: tuple[Tensor, Tensor]) -> Iterator[None]:
        """Inside, TRL's loss is its policy term of `scores` over all tokens, and logs nothing."""
        plain: dict[str, Any] = {
            "_loss_scores": scores,
            "beta": 0.0,
            "top_entropy_quantile": 1.0,
            "_entropy_bonus_enabled": False,
            "_metrics": {"train": defaultdict(list)},
        }
        before = {name: getattr(self, name) for name in plain}
        try:
            self.__dict__.update(plain)
            yield
        finally:
            self.__dict__.update(before)


def _with_gradients(*_: Any) -> None:
    torch.set_grad_enabled(True)
