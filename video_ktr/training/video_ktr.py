"""Video-KTR: GRPO in which only key tokens learn.

Letters: B rows (prompts x G), T completion tokens.
"""

from typing import Any

import torch
from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring import Completions, CompletionScores, PromptView, SignalRequest
from video_ktr.scoring.signals import Counterfactuals, score_counterfactuals, signals_from
from video_ktr.training.config import VideoKTRConfig
from video_ktr.training.donors import find_donors, require_index
from video_ktr.training.generation_count import GenerationCount
from video_ktr.training.generation_record import Generation
from video_ktr.training.key_token_choice import KeyTokenChoice
from video_ktr.training.key_token_loss import key_token_inputs, shaped_reference
from video_ktr.training.learning_rows import learning_rows
from video_ktr.training.live_tables import LiveTables
from video_ktr.training.seeds import derived_generator
from video_ktr.training.token_records import TokenRecorder
from video_ktr.training.video_grpo import VideoGRPOTrainer


class VideoKTRTrainer(VideoGRPOTrainer):
    """GRPO whose advantage reaches key tokens only (paper, equation 2).

    After TRL has computed the advantages A_i, each completion token gets a weight w_{i,t} from its visual, temporal
    and entropy scores, and the loss is TRL's own with A_{i,t} = w_{i,t} A_i (`key_token_inputs`). The KL term acts on
    all tokens unless `key_tokens.kl_tokens` says otherwise.

    The two counterfactual passes are the only ones added. The scores under the true video come from the old-policy
    pass where TRL runs one, else, in float32, from generation itself, and in half precision from the update's own
    forward pass, before its loss is formed. Only a distance between distributions, `share_prefix=False` in half
    precision, and group scope or an adaptive ratio with micro-batches that split groups take a third pass. A group
    whose advantages are all zero is not attributed, unless the KL term needs its key tokens. With `attribution_every`
    the two passes are left out at most meetings with a prompt (`AttributionReuse`).

    With "tool_mask" set (preset `official`), TRL's own `entropy`, `kl` and `clip_ratio` metrics are means over key
    tokens. In evaluation the loss is plain GRPO's.

    Seams of TRL 1.16 overridden beside `VideoGRPOTrainer`'s: none. It adds to the output of
    `_generate_and_score_completions`, and to what `_compute_loss` is given.
    """

    args: VideoKTRConfig
    config_type = VideoKTRConfig

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.key_token_config = self.args.key_token_config
        require_index(self.key_token_config, self.train_dataset)
        self.token_recorder = TokenRecorder(self.args, self._tokenizer)
        self._choice = KeyTokenChoice(self.args, self.reward_func_names, self.accelerator.process_index)
        self.live_tables = LiveTables(self.args, self._tokenizer, self.callback_handler)
        for callback in (self._choice.reuse, self.live_tables):
            self.add_callback(callback)
        self._generation_count = GenerationCount()
        self._generation: Generation

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output = super()._generate_and_score_completions(inputs)
        if not self.model.training:
            return output
        self._choice.reuse.exchange()
        masks_kl = self.beta != 0.0 and self.key_token_config.kl_tokens == "selected"
        attributed_B = learning_rows(output["advantages"], self._rows.prompt_of_row, masks_kl=masks_kl)
        prompt_keys = [self._rows.keys[i] for i in self._rows.prompt_of_row]
        self._generation = Generation(
            step=self._generation_count.following(self.state.global_step),
            rows=inputs,
            prompt_keys=prompt_keys,
            token_ids=self._rollouts.token_ids,
            rewards=self._local_rewards(len(inputs)),
            readable=self._rows.readable,
            attributed_B=attributed_B,
            measured_B=self._choice.reuse.measure(attributed_B, prompt_keys),
        )
        output["generation_row"] = torch.arange(len(inputs), device=output["advantages"].device)
        scorer = self._scorer(self.model)
        with self.costs.phase("attribute"), self._whole_weights(self.model), self.accelerator.autocast():
            views = self._rollouts.views or scorer.view(self._rows.prompts)
            if self._generation.measured_B.any():
                request = self._request(output, views)
                self._generation.counterfactuals = score_counterfactuals(scorer, request, self.key_token_config)
            true_scores = self._known_scores(output)
            if true_scores is None and not self._loss_scores_the_true_video(output):
                by_distribution = self.key_token_config.distance != "log_prob"
                completions = self._completions(output, attributed_B, self._rows.prompt_of_row)
                with self.costs.phase("score"):
                    true_scores = scorer.score(views, completions, keep_hidden=by_distribution)
            if true_scores is not None:
                output.update(self._key_token_inputs(output, self._generation, true_scores))
                self._generation.counterfactuals = Counterfactuals()
        return output

    def _request(self, output: dict[str, Any], views: list[PromptView]) -> SignalRequest:
        """The rows to measure, the prompts they answer, and a seed for each prompt."""
        rows, measured_B = self._rows, self._generation.measured_B
        wanted = sorted({rows.prompt_of_row[row] for row in measured_B.nonzero().squeeze(1).tolist()})
        place = {prompt: i for i, prompt in enumerate(wanted)}
        prompts, keys = [rows.prompts[i] for i in wanted], [rows.keys[i] for i in wanted]
        # By the prompt, not its place: a group that is spread over processes sees one counterfactual.
        step = self._generation.step
        return SignalRequest(
            prompts=prompts,
            # A row that is not measured has no wanted tokens, whatever prompt it is said to answer.
            completions=self._completions(output, measured_B, [place.get(i, 0) for i in rows.prompt_of_row]),
            generators=[derived_generator(self.args.seed, *step, key) for key in keys],
            donors=self._donors(prompts, keys),
            views=[views[i] for i in wanted],
        )

    @staticmethod
    def _completions(output: dict[str, Any], rows_B: Tensor, prompt_of_row: list[int]) -> Completions:
        return Completions(output["completion_ids"], output["completion_mask"] * rows_B[:, None], prompt_of_row)

    def _known_scores(self, output: dict[str, Any]) -> CompletionScores | None:
        """Scores under the true video that some pass has given already."""
        if self.key_token_config.distance != "log_prob":
            return None
        if output.get("old_per_token_logps") is not None:
            # The first pass TRL runs without gradients is the old policy's, when it runs one.
            return self._scored[0]
        if self.model.dtype != torch.float32 or self.accelerator.mixed_precision != "no":
            # In half precision, decoding token by token and scoring at once differ by more than small shifts: the
            # two sides of a shift come from the same kind of pass.
            return None
        log_probs_BT = self._as_wide(self._rollouts.log_probs_BT, output)
        entropies_BT = self._as_wide(self._rollouts.entropies_BT, output)
        return None if log_probs_BT is None or entropies_BT is None else CompletionScores(log_probs_BT, entropies_BT)

    def _loss_scores_the_true_video(self, output: dict[str, Any]) -> bool:
        """Whether key tokens can wait for the loss: its pass has the weights that sampled, and sees what they need."""
        whole_groups = self.args.per_device_train_batch_size % self.num_generations == 0
        return (
            self.key_token_config.distance == "log_prob"
            and output.get("old_per_token_logps") is None
            and self.args.share_prefix
            and (whole_groups or not self.key_token_config.needs_whole_groups)
        )

    def _key_token_inputs(
        self, batch: dict[str, Any], generation: Generation, true_scores: CompletionScores
    ) -> dict[str, Any]:
        """Select key tokens for rows of the last generation, record them, and say what the loss is given for them."""
        mask_BT = batch["completion_mask"] * generation.attributed_B[:, None]
        signals = signals_from(
            self._scorer(self.model), true_scores, generation.counterfactuals, mask_BT, self.key_token_config
        )
        rows = batch["generation_row"].tolist()
        keys, values = self._choice.choose(signals, mask_BT, batch["completion_ids"], rows, generation)
        self._log_key_tokens({**values, "skipped_rows": float((~generation.attributed_B).sum())})
        self.token_recorder.write(
            generation=generation,
            row_numbers=rows,
            process=self.accelerator.process_index,
            signals=signals,
            keys=keys,
            log_probs_BT=true_scores.log_probs_BT,
            advantages_B=batch["advantages"],
        )
        self.live_tables.take(generation=generation, row_numbers=rows, keys=keys, advantages_B=batch["advantages"])
        return {**key_token_inputs(batch, keys, self.key_token_config), "key_mask": keys.mask_BT}

    def _donors(self, prompts: list[EncodedPrompt], keys: list[str]) -> list[EncodedPrompt | None] | None:
        """Another row's video for each prompt, where the visual counterfactual is one."""
        config = self.key_token_config
        if config.visual_perturbation != "replace" or not config.uses_visual:
            return None
        step = self._generation.step
        generators = [derived_generator(self.args.seed, *step, key, "donor") for key in keys]
        return find_donors(prompts, self.train_dataset, self.prompt_encoder, generators)

    def _local_rewards(self, rows: int) -> dict[str, list[float]]:
        """This process's rewards by function, from TRL's log of the generation batch."""
        first = self.accelerator.process_index * rows
        total = rows * self.accelerator.num_processes
        return {name: list(values)[-total:][first : first + rows] for name, values in self._logs["rewards"].items()}

    def _log_key_tokens(self, values: dict[str, float]) -> None:
        gathered = self.accelerator.gather(torch.tensor([list(values.values())], device=self.accelerator.device))
        for name, value in zip(values, gathered.nanmean(0).tolist(), strict=True):
            self._metrics["train"][f"key_tokens/{name}"].append(value)

    def _shape_loss(self, inputs: dict[str, Any], scores: tuple[Tensor, Tensor]) -> None:
        if "generation_row" in inputs and inputs["advantages"].dim() == 1:
            # Key tokens have waited for these scores.
            generation = self._generation.take(inputs["generation_row"])
            true_scores = CompletionScores(*(values_BT.detach() for values_BT in scores))
            with self.costs.phase("attribute"):
                inputs.update(self._key_token_inputs(inputs, generation, true_scores))
        if self.beta != 0.0:
            inputs["ref_per_token_logps"] = shaped_reference(
                inputs["ref_per_token_logps"], scores[0], clamp=self.args.kl_clamp, kl_mask_BT=inputs.get("kl_mask")
            )
