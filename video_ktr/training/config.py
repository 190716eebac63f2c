"""Settings of the trainers: TRL's `GRPOConfig`, plus media, plus key tokens."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from trl import GRPOConfig

from video_ktr.attribution import KeyTokenConfig
from video_ktr.errors import ConfigError
from video_ktr.generation import Sampling
from video_ktr.training.media_settings import MediaSettings
from video_ktr.training.sampler import prefetch_factor

PRESET_BETA = {"paper": 0.4, "official": 0.04}
"""KL coefficient: section 4.1 of the paper, and every script the authors committed. They differ by ten."""


@dataclass
class VideoGRPOConfig(MediaSettings, GRPOConfig):
    """`GRPOConfig` for prompts that hold videos, with the fields of `MediaSettings`.

    Differs from TRL's defaults in two places. `loss_type` is "grpo": each completion's loss is divided by its own
    length, as in equations 1 and 2 of the paper. `use_bias_correction_kl` is off: TRL would multiply the KL term by
    the importance ratio, which the released code does not, and which changes its gradient even at ratio 1.

    Raises:
        ConfigError: A value is out of range or clashes with another; the message says the fix.
    """

    loss_type: str = field(default="grpo", metadata={"help": "Loss normalisation, TRL's names."})
    use_bias_correction_kl: bool = field(default=False, metadata={"help": "Multiply the KL term by the ratio."})
    share_prefix: bool = field(
        default=True,
        metadata={
            "help": "Run a prompt once for all completions that answer it, in the update and in every other pass. "
            "False: every completion with a prompt and video of its own, as plain GRPO does."
        },
    )
    log_gradient_decomposition: int = field(
        default=0,
        metadata={
            "help": "At every k-th step, log how the last decoder layer's gradient divides between key tokens and the "
            "rest. 0: never."
        },
    )
    log_flops: int = field(
        default=0,
        metadata={"help": "At every k-th step, count floating-point operations by phase instead of seconds. 0: never."},
    )

    def __post_init__(self) -> None:
        self.resolve_media()
        super().__post_init__()
        self._check_sampling()
        for name in ("log_gradient_decomposition", "log_flops"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}: give a number of steps, or 0 for never")
        if self.cache_implementation is not None:
            raise ConfigError("cache_implementation has no effect here: rollouts go on from the prompt's own cache")
        if self.use_vllm:
            raise ConfigError(
                "use_vllm=True would train without the video: vLLM rollouts are not supported, set use_vllm=False"
            )
        self._check_checkpoints_fall_between_generations()
        if self.dataloader_num_workers > 0:
            self._set_up_loader_workers()

    def _check_sampling(self) -> None:
        """Let `Sampling` refuse what is out of range before a model is loaded."""
        if self.temperature <= 0:
            raise ConfigError(f"temperature is {self.temperature}: a group of equal completions teaches nothing")
        Sampling(
            max_new_tokens=self.max_completion_length or 1,
            end_token_ids=(),
            pad_token_id=0,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            extra=dict(self.generation_kwargs or {}),
        )

    def _check_checkpoints_fall_between_generations(self) -> None:
        """A checkpoint in the middle of a buffered generation could not be resumed to the same run."""
        per_generation = (self.steps_per_generation or 1) * self.num_iterations
        if self.save_strategy == "steps" and self.save_steps >= 1:
            passes = int(self.save_steps) * self.gradient_accumulation_steps
            if passes % per_generation:
                raise ConfigError(
                    f"save_steps={self.save_steps} falls inside a generation of {per_generation} passes, so a resumed "
                    f"run would differ: make save_steps * gradient_accumulation_steps a multiple of {per_generation}"
                )

    def _set_up_loader_workers(self) -> None:
        if self.dataloader_persistent_workers:
            raise ConfigError(
                "dataloader_persistent_workers=True draws random numbers in another order from the second epoch on, so "
                "that a resumed run would differ: leave it out"
            )
        if self.remove_unused_columns:
            raise ConfigError("remove_unused_columns=True takes away what loader workers have encoded: leave it out")
        if self.dataloader_prefetch_factor is None:  # type: ignore[has-type]
            copies = (self.steps_per_generation or 1) * self.num_iterations
            self.dataloader_prefetch_factor = prefetch_factor(self.dataloader_num_workers, copies)


@dataclass
class VideoKTRConfig(VideoGRPOConfig):
    """`VideoGRPOConfig` and the key-token method.

    Example:
        `VideoKTRConfig("runs/ktr", preset="paper", key_tokens={"temporal_perturbation": "reverse"})`
    """

    preset: Literal["paper", "official"] = field(
        default="paper",
        metadata={"help": "The paper (the released code where it is silent), or the released code throughout."},
    )
    key_tokens: dict[str, Any] | None = field(
        default=None, metadata={"help": "Fields of KeyTokenConfig that differ from the preset's."}
    )
    beta: float | None = field(
        default=None, metadata={"help": "KL coefficient. Default: 0.4 for preset paper, 0.04 for preset official."}
    )
    kl_clamp: float | None = field(
        default=None,
        metadata={"help": "Limit on |log pi_ref - log pi| in the KL term, nats. Default: 10 for preset official."},
    )
    accuracy_reward: str = field(
        default="accuracy", metadata={"help": "The reward, 0 to 1, that key_tokens.ratio_rule adaptive goes by."}
    )
    attribution_every: int = field(
        default=1,
        metadata={
            "help": "Run the counterfactual passes at every k-th meeting with a prompt, and let what its tokens scored "
            "last stand in between. 1: always."
        },
    )
    token_record_rate: float = field(
        default=0.1, metadata={"help": "Share of prompts whose completions are written to tokens/, in [0, 1]."}
    )
    live_table_completions: int = field(
        default=4,
        metadata={
            "help": "Completions in the coloured table that goes to W&B, TensorBoard or Trackio every logging_steps, "
            "where report_to names one. 0: no table."
        },
    )

    def __post_init__(self) -> None:
        resolved = KeyTokenConfig.preset(self.preset, **(self.key_tokens or {}))
        self.key_tokens = asdict(resolved)
        if self.beta is None:
            self.beta = PRESET_BETA[self.preset]
        if self.kl_clamp is None and self.preset == "official":
            self.kl_clamp = 10.0
        super().__post_init__()
        if self.kl_clamp is not None and self.kl_clamp <= 0:
            raise ConfigError(f"kl_clamp is {self.kl_clamp}: give a positive number of nats, or leave it out")
        if not 0 <= self.token_record_rate <= 1:
            raise ConfigError(f"token_record_rate is {self.token_record_rate}: give a share between 0 and 1")
        if self.live_table_completions < 0:
            raise ConfigError(f"live_table_completions is {self.live_table_completions}: give 0 (no table) or more")
        if self.top_entropy_quantile < 1:
            raise ConfigError("top_entropy_quantile would select tokens a second time: use key_tokens.entropy_ratio")
        if resolved.normalizer == "selected" and self.loss_type != "grpo":
            raise ConfigError(
                f'key_tokens.normalizer="selected" divides each completion by its own key tokens, which '
                f'loss_type={self.loss_type!r} does not: set loss_type="grpo"'
            )
        self._check_groups_stay_whole(resolved)
        self._check_reuse(resolved)

    def _check_reuse(self, resolved: KeyTokenConfig) -> None:
        if self.attribution_every < 1:
            raise ConfigError(f"attribution_every is {self.attribution_every}: give 1 (always) or more")
        if self.attribution_every > 1 and not (resolved.uses_visual or resolved.uses_temporal):
            raise ConfigError("attribution_every has no effect without a visual or temporal signal: leave it out")
        if self.attribution_every > 1 and self.save_strategy not in ("no", "steps"):
            raise ConfigError(
                "attribution_every needs save_strategy 'steps' or 'no': another may save in the middle of a "
                "generation, when only some of its profiles are known"
            )

    def _check_groups_stay_whole(self, resolved: KeyTokenConfig) -> None:
        rows = self.per_device_train_batch_size * (self.steps_per_generation or 1)
        if resolved.needs_whole_groups and rows % self.num_generations:
            cause = 'scope="group"' if resolved.scope == "group" else 'ratio_rule="adaptive"'
            raise ConfigError(
                f"key_tokens.{cause} needs whole groups on each device, but {rows} completions are generated "
                f"per device and num_generations is {self.num_generations}: make the first a multiple of the second"
            )

    @property
    def key_token_config(self) -> KeyTokenConfig:
        """The resolved method settings."""
        return KeyTokenConfig(**(self.key_tokens or {}))
