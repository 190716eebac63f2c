"""Video-KTR: GRPO in which only key tokens learn.

Letters: B rows (prompts x G), T completion tokens.
"""

import time
from typing import Any

import torch
from datasets import IterableDataset
from torch import Generator, Tensor
from torch.nn.functional import pad

from video_ktr.attribution import KeyTokens, TokenSignals, select_key_tokens
from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import ConfigError
from video_ktr.scoring import Completions, CompletionScores, SignalRequest, token_signals
from video_ktr.scoring.counterfactual import same_kind
from video_ktr.training.config import VideoKTRConfig
from video_ktr.training.prompt_rows import conversation
from video_ktr.training.seeds import derived_generator
from video_ktr.training.token_records import TokenRecorder
from video_ktr.training.video_grpo import VideoGRPOTrainer

DONOR_ATTEMPTS = 16
"""Rows of the dataset tried for a prompt of the same kind before a prompt goes without a visual signal."""


class VideoKTRTrainer(VideoGRPOTrainer):
    """GRPO whose advantage reaches key tokens only (paper, equation 2).

    After TRL has computed the advantages A_i, each completion token gets a weight w_{i,t} from its visual, temporal
    and entropy scores, and the loss is TRL's own with A_{i,t} = w_{i,t} A_i: min(r A w, clip(r) A w) equals
    w min(r A, clip(r) A) for w >= 0. The KL term acts on all tokens unless `key_tokens.kl_tokens` says otherwise.

    The scores under the true video come from the old-policy pass where TRL runs one, else, in float32, from
    generation itself; in half precision they are a pass like the counterfactual ones, with the prompt shared.

    With "tool_mask" set (preset `official`), TRL's own `entropy`, `kl` and `clip_ratio` metrics are means over key
    tokens. In evaluation the loss is plain GRPO's.

    Seams of TRL 1.16 overridden beside `VideoGRPOTrainer`'s: none. It adds to the output of
    `_generate_and_score_completions` (advantages of shape (B, T); "tool_mask" where the KL term or the denominator
    is confined to key tokens) and, in `_compute_loss`, to the reference log-probabilities.
    """

    args: VideoKTRConfig
    config_type = VideoKTRConfig

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.key_token_config = self.args.key_token_config
        if self.key_token_config.visual_perturbation == "replace" and isinstance(self.train_dataset, IterableDataset):
            raise ConfigError(
                'visual_perturbation="replace" takes other rows of the dataset: an iterable dataset has no index'
            )
        self.token_recorder = TokenRecorder(self.args, self._tokenizer)
        self._generation_of_step = (-1, 0)
        self._loss_inputs: dict[str, Any] | None = None

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output = super()._generate_and_score_completions(inputs)
        if not self.model.training:
            return output
        start = time.perf_counter()
        signals, true_scores = self._signals(output)
        mask_BT = output["completion_mask"]
        keys = select_key_tokens(signals, mask_BT, self.key_token_config, group_size=self.num_generations)
        advantages_B = output["advantages"]
        output["advantages"] = advantages_B[:, None] * keys.weights_BT
        config = self.key_token_config
        if config.normalizer == config.kl_tokens == "selected":
            # Confines numerator, denominator and KL term to key tokens, as released.
            output["tool_mask"] = keys.mask_BT.to(mask_BT.dtype)
        elif config.normalizer == "selected":
            # The KL term still averages over the whole completion: only the policy term is rescaled.
            per_key_token_B = mask_BT.sum(1) / keys.mask_BT.sum(1).clamp(min=1)
            output["advantages"] = output["advantages"] * per_key_token_B[:, None]
        elif config.kl_tokens == "selected":
            output["kl_mask"] = keys.mask_BT
        self._log_key_tokens(keys, time.perf_counter() - start)
        self.token_recorder.write(
            generation=self._generation_of_step,
            process=self.accelerator.process_index,
            rows=inputs,
            prompt_keys=[self._rows.keys[i] for i in self._rows.prompt_of_row],
            token_ids=self._rollouts.token_ids,
            signals=signals,
            keys=keys,
            log_probs_BT=true_scores.log_probs_BT,
            rewards=self._local_rewards(len(inputs)),
            advantages_B=advantages_B,
        )
        return output

    def _signals(self, output: dict[str, Any]) -> tuple[TokenSignals, CompletionScores]:
        rows = self._rows
        # By the prompt, not its place: a group that is spread over processes sees one counterfactual.
        step = self._count_generation()
        seeds = [(self.args.seed, *step, key) for key in rows.keys]
        request = SignalRequest(
            prompts=rows.prompts,
            completions=Completions(output["completion_ids"], output["completion_mask"], rows.prompt_of_row),
            generators=[derived_generator(*seed) for seed in seeds],
            donors=self._donors(rows.prompts, [derived_generator(*seed, "donor") for seed in seeds]),
            views=self._rollouts.views,
        )
        known = self._known_scores(output)
        with self.accelerator.autocast():
            return token_signals(self._scorer(self.model), request, self.key_token_config, true_scores=known)

    def _known_scores(self, output: dict[str, Any]) -> CompletionScores | None:
        """Scores under the true video that some pass has given already."""
        if output.get("old_per_token_logps") is not None:
            # The first pass TRL runs without gradients is the old policy's, when it runs one.
            return self._scored[0]
        log_probs_BT, entropies_BT = self._rollouts.log_probs_BT, self._rollouts.entropies_BT
        exact = self.model.dtype == torch.float32 and self.accelerator.mixed_precision == "no"
        if log_probs_BT is None or entropies_BT is None or not exact:
            # In half precision, decoding token by token and scoring at once differ by more than small shifts: the
            # two sides of a shift come from the same kind of pass.
            return None
        # TRL pads completions beyond the longest when `pad_to_multiple_of` asks for it.
        missing = output["completion_ids"].shape[1] - log_probs_BT.shape[1]
        return CompletionScores(pad(log_probs_BT, (0, missing)), pad(entropies_BT, (0, missing)))

    def _count_generation(self) -> tuple[int, int]:
        """This step, and how many generations it has seen: a seed that a resumed run comes to again."""
        step, count = self._generation_of_step
        self._generation_of_step = (self.state.global_step, count + 1 if step == self.state.global_step else 0)
        return self._generation_of_step

    def _donors(self, prompts: list[EncodedPrompt], generators: list[Generator]) -> list[EncodedPrompt | None] | None:
        """For each prompt, that of another dataset row with media of the same kind."""
        if self.key_token_config.visual_perturbation != "replace" or not self.key_token_config.uses_visual:
            return None
        donors: list[EncodedPrompt | None] = []
        for prompt, generator in zip(prompts, generators, strict=True):
            found = None
            indices = torch.randint(len(self.train_dataset), (DONOR_ATTEMPTS,), generator=generator).tolist()
            for index in indices if prompt.has_visuals else []:
                candidate = self.prompt_encoder.encode(conversation(self.train_dataset[index]))
                if same_kind(prompt, candidate):
                    found = candidate
                    break
            donors.append(found)
        return donors

    def _local_rewards(self, rows: int) -> dict[str, list[float]]:
        """This process's rewards by function, from TRL's log of the generation batch."""
        first = self.accelerator.process_index * rows
        total = rows * self.accelerator.num_processes
        return {name: list(values)[-total:][first : first + rows] for name, values in self._logs["rewards"].items()}

    def _log_key_tokens(self, keys: KeyTokens, seconds: float) -> None:
        values = {"update_ratio": keys.update_ratio, "empty_rows": float(keys.empty_rows), "seconds": seconds}
        for signal, statistics in keys.statistics.items():
            values[f"{signal}/ratio"] = statistics.ratio
            values[f"{signal}/ties"] = float(statistics.ties)
            values[f"{signal}/mean_score"] = statistics.mean_score
        gathered = self.accelerator.gather(torch.tensor([list(values.values())], device=self.accelerator.device))
        for name, value in zip(values, gathered.mean(0).tolist(), strict=True):
            self._metrics["train"][f"key_tokens/{name}"].append(value)

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> Tensor:
        self._loss_inputs = dict(inputs)
        try:
            return super()._compute_loss(model, self._loss_inputs)
        finally:
            self._loss_inputs = None

    def _get_per_token_logps_and_entropies(self, model: Any, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor, None]:
        scores = super()._get_per_token_logps_and_entropies(model, *args, **kwargs)
        # TRL reads the reference from its inputs after this pass: the place to shape the KL term.
        if self._loss_inputs is not None and self.beta != 0.0:
            self._loss_inputs["ref_per_token_logps"] = shaped_reference(
                self._loss_inputs["ref_per_token_logps"],
                scores[0],
                clamp=self.args.kl_clamp,
                kl_mask_BT=self._loss_inputs.get("kl_mask"),
            )
        return scores


def shaped_reference(
    reference_BT: Tensor, log_probs_BT: Tensor, *, clamp: float | None = None, kl_mask_BT: Tensor | None = None
) -> Tensor:
    """Reference log-probabilities that clamp or mask TRL's KL term, exp(d) - d - 1 with d = reference - log pi.

    The released code clamps d to [-10, 10], where the gradient is 0 outside; TRL does not clamp. Writing
    reference' = log pi + clamp(d) gives TRL's d the clamped value and gradient. At a masked token reference' = log pi,
    so d = 0 and its gradient is 0.

    Args:
        clamp: Largest |d| in nats; None for none.
        kl_mask_BT: True where the KL term acts; None for everywhere.
    """
    if clamp is not None:
        reference_BT = log_probs_BT + (reference_BT - log_probs_BT).clamp(-clamp, clamp)
    if kl_mask_BT is not None:
        reference_BT = torch.where(kl_mask_BT.bool(), reference_BT, log_probs_BT)
    return reference_BT
