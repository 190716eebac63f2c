"""GRPO on prompts that hold videos: TRL's trainer, with the media carried through every pass.

Letters: B rows (prompts x G), T completion tokens, L prompt and completion tokens.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn.functional import pad
from transformers import AutoConfig
from trl.models.utils import unwrap_model_for_generation

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import ConfigError
from video_ktr.generation import Rollouts, Sampling, TransformersEngine
from video_ktr.scoring import PromptView, VisionLanguageModel
from video_ktr.scoring.model_family import base_model, require_supported
from video_ktr.training.bad_media import BadMedia
from video_ktr.training.checkpoints import ResumableWeights
from video_ktr.training.config import VideoGRPOConfig
from video_ktr.training.costs import StepCosts
from video_ktr.training.engines import adapt_to_engine
from video_ktr.training.measured_gradients import MeasuredGradients
from video_ktr.training.micro_batches import GroupedMicroBatches
from video_ktr.training.prompt_loading import EncodedLoader, take_encoded
from video_ktr.training.prompt_rows import PromptRows, conversation, without_media
from video_ktr.training.run_directory import RunDirectoryCallback
from video_ktr.training.shared_pass import accept_wanted_hidden
from video_ktr.training.skipped_rows import SkippedRows

REFUSED = ("tools", "rollout_func", "environment_factory")


class VideoGRPOTrainer(ResumableWeights, EncodedLoader, GroupedMicroBatches, MeasuredGradients, SkippedRows):
    """`trl.GRPOTrainer` whose messages may hold `{"type": "video", "video": path or frames}`.

    Images, videos and text-only prompts may be mixed in one batch. Media are decoded and encoded once per distinct
    prompt of a generation batch; rows carry references. Positions after a video follow the released M-RoPE rule in
    generation, scoring and update alike. Rows whose media cannot be read take no part (`SkippedRows`), until there are
    too many (`BadMedia`). What each step costs is logged (`StepCosts`), and on request where its gradient comes from
    (`MeasuredGradients`).

    Seams of TRL 1.16 that are overridden, here and in the classes it is made of, each pinned by a test:
        `_generate_and_score_completions`: encodes the prompts, hands TRL rows without media, and adds the prompts to
            its output, one reference per row.
        `_tokenize_prompts`: returns the token ids of the prompts already encoded.
        `_generate_single_turn`: draws completions with a `RolloutEngine`.
        `training_step`, `_prepare_inputs`, and `get_batch_samples` of transformers' Trainer: say to `StepCosts` what is
            a micro-batch, what is not of the update, and what is a wait for the loader.

    Args:
        model, reward_funcs, args, train_dataset, ...: As for `GRPOTrainer`; `args` is a `VideoGRPOConfig`.

    Raises:
        ConfigError: The model has no video support, its weights are split by FSDP 1 or with CPU offload, tools,
            environments or a rollout function are passed, or `log_gradient_decomposition` is not possible.
        MediaError: While it trains: media cannot be read, and `bad_media` or `max_bad_media_share` ends the run.
    """

    args: VideoGRPOConfig
    config_type: type[VideoGRPOConfig] = VideoGRPOConfig
    """What `args` must be."""

    def __init__(
        self, model: Any, reward_funcs: Any = None, args: VideoGRPOConfig | None = None, *rest: Any, **kwargs: Any
    ):
        config = AutoConfig.from_pretrained(model) if isinstance(model, str) else base_model(model).config
        require_supported(config)
        for name in REFUSED:
            if kwargs.get(name) is not None:
                raise ConfigError(f"{name} is not supported with video prompts: leave it out")
        if not isinstance(args, self.config_type):
            raise ConfigError(f"args is a {type(args).__name__}: pass a {self.config_type.__name__}")
        super().__init__(model, reward_funcs, args, *rest, **kwargs)
        adapt_to_engine(self.accelerator, self.args)
        self._parts = VisionLanguageModel.of(self.model)
        self._require_measurable()
        self.costs = StepCosts(self.accelerator, self._metrics["train"], self.args.log_flops)
        self.prompt_encoder = self.args.build_encoder(self.processing_class, self.chat_template_kwargs)
        self.sampling = Sampling(
            max_new_tokens=self.max_completion_length,
            end_token_ids=tuple(self.eos_token_ids),
            pad_token_id=self._tokenizer.pad_token_id,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
            forbidden_token_ids=tuple(self._parts.visual_token_ids),
            extra=dict(self.args.generation_kwargs or {}),
        )
        accept_wanted_hidden(self.model)
        self._forget_generation()
        self.bad_media = BadMedia(self.args.output_dir, self.args.bad_media, self.args.max_bad_media_share)
        for callback in (RunDirectoryCallback(self.sampling), self.bad_media, self.costs):
            self.add_callback(callback)

    def _forget_generation(self) -> None:
        self._rows, self._rollouts, self._scored = PromptRows([], []), Rollouts([]), []

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """A micro-batch's forward and backward pass."""
        with self.costs.micro_batch():
            loss: Tensor = super().training_step(*args, **kwargs)
        return loss

    def get_batch_samples(self, *args: Any, **kwargs: Any) -> Any:
        """The batches of a step, from the loader."""
        with self.costs.loading():
            return super().get_batch_samples(*args, **kwargs)

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        with self.costs.phase("other"):
            return super()._prepare_inputs(generation_batch)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        conversations = [conversation(row) for row in inputs]
        self._rows = take_encoded(inputs, conversations, self.prompt_encoder)
        self._scored = []
        media_columns = ("image", "images")
        light = [
            {**{k: v for k, v in row.items() if k not in media_columns}, "prompt": without_media(messages)}
            for row, messages in zip(inputs, conversations, strict=True)
        ]
        output: dict[str, Any] = super()._generate_and_score_completions(light)
        held: Sequence[EncodedPrompt | PromptView] = self._rows.prompts
        if self.args.share_prefix and self._parts.vision_is_frozen:
            # The update needs no pixels then.
            held = self._known_views(self.model)
        output["plain_advantages"] = output["advantages"]
        output["prompts"] = [held[i] for i in self._rows.prompt_of_row]
        if self.args.share_prefix:
            output["known_entropies"] = self._known_entropies(output)
        return output

    def _known_entropies(self, output: dict[str, Any]) -> Tensor | None:
        """Entropies (B, T) of the policy, from the old-policy pass where TRL runs one, else from generation."""
        if output.get("old_per_token_logps") is not None:
            return self._scored[0].entropies_BT
        return self._as_wide(self._rollouts.entropies_BT, output)

    @staticmethod
    def _as_wide(values_BT: Tensor | None, output: dict[str, Any]) -> Tensor | None:
        """What generation gave, padded as TRL pads completions when `pad_to_multiple_of` asks for it."""
        width = output["completion_ids"].shape[1]
        return None if values_BT is None else pad(values_BT, (0, width - values_BT.shape[1]))

    def _tokenize_prompts(self, prompts: list[Any]) -> tuple[list[list[int]], None, dict[str, Any]]:
        per_row = self._rows.per_row
        if len(per_row) != len(prompts):
            raise ValueError(f"{len(prompts)} prompts to tokenize, but {len(per_row)} were encoded")
        return [prompt.input_ids_P.tolist() for prompt in per_row], None, {}

    def _generate_single_turn(self, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        wrapped, accelerator = self.model_wrapped, self.accelerator
        with (
            self.costs.phase("generate"),
            self._whole_weights(wrapped),
            unwrap_model_for_generation(wrapped, accelerator, gather_deepspeed3_params=False) as model,
            accelerator.autocast(),
        ):
            self._rollouts = TransformersEngine(model).generate(
                self._rows.prompts, self._rows.prompt_of_row, self.sampling
            )
        for row, tokens in enumerate(self._rollouts.token_ids):
            if not tokens:
                raise ValueError(f"the engine returned no token for row {row}: a completion holds at least its end")
        return self._rollouts.token_ids, None
