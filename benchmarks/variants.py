"""The variants of a GRPO step that are compared: one trainer each, on one model, and the pieces of its step."""

from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from plain_way import NaiveKTRTrainer, PlainVideoTrainer, naive_counterfactuals
from shapes import SHAPES, build_model
from trl import GRPOConfig, GRPOTrainer
from trl.models.utils import disable_gradient_checkpointing
from trl.trainer.utils import add_fused_lm_head

from video_ktr.attribution import select_key_tokens
from video_ktr.scoring.signals import score_counterfactuals, signals_from
from video_ktr.toyworld.processor import build_processor
from video_ktr.training import VideoGRPOConfig, VideoGRPOTrainer, VideoKTRConfig, VideoKTRTrainer

KINDS = {
    "stock": (GRPOTrainer, GRPOConfig, {"loss_type": "grpo", "use_bias_correction_kl": False}),
    "plain": (PlainVideoTrainer, VideoGRPOConfig, {"share_prefix": False}),
    "naive": (NaiveKTRTrainer, VideoGRPOConfig, {"share_prefix": False}),
    "shared": (VideoGRPOTrainer, VideoGRPOConfig, {"share_prefix": True}),
    "ours": (VideoKTRTrainer, VideoKTRConfig, {"share_prefix": True, "token_record_rate": 0.0}),
}
BETA = 0.04
"""Coefficient of the KL term: with it, a step runs the reference model."""
STATE = ("_rows", "_rollouts", "_scored", "_generation", "_loss_scores")
"""What a trainer remembers of its last generation and may forget after the update."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is measured: a model shape, where it runs, and the sizes of one step."""

    shape: str
    device: str
    dtype: str
    group: int
    """Completions per prompt, all in one micro-batch."""
    tokens: int
    """Tokens of every completion."""
    frames: int
    side: int
    """Height and width of a frame in pixels, a multiple of 28."""
    words: int
    """Tokens of the question."""
    checkpointing: bool = False


class Bench:
    """The policy, a reference model with weights of its own, and the processor, shared by all variants of a run."""

    def __init__(self, setting: Setting, folder: Path):
        self.folder = folder
        self.processor = build_processor()
        build = {"device": setting.device, "dtype": getattr(torch, setting.dtype)}
        self.policy = build_model(SHAPES[setting.shape], self.processor.tokenizer, **build)
        self.policy.config._name_or_path = "benchmark"
        self.reference = build_model(SHAPES[setting.shape], self.processor.tokenizer, **build)
        self.reference.eval().requires_grad_(False)
        add_fused_lm_head(self.reference)

    def trainer(self, kind: str, setting: Setting, row: dict[str, Any]) -> GRPOTrainer:
        """The trainer of a variant, ready to step."""
        trainer_class, config_class, extra = KINDS[kind]
        generation: dict[str, Any] = {"min_new_tokens": setting.tokens}
        if kind == "stock":
            config = self.policy.config
            # A text-only trainer does not know that these stand for media.
            generation["suppress_tokens"] = [config.image_token_id, config.video_token_id, config.vision_start_token_id]
        else:
            extra = {**extra, "media": self.media(setting)}
        args = config_class(
            output_dir=str(self.folder),
            per_device_train_batch_size=setting.group,
            num_generations=setting.group,
            max_completion_length=setting.tokens,
            generation_kwargs=generation,
            bf16=setting.dtype == "bfloat16" and setting.device == "cuda",
            use_cpu=setting.device == "cpu",
            gradient_checkpointing=setting.checkpointing,
            gradient_checkpointing_kwargs={"use_reentrant": False},
            report_to=[],
            # No reference of its own, which TRL would look for on disk; it gets the bench's below.
            beta=0.0,
            # The second use of a batch needs the old policy's log-probabilities.
            num_iterations=2,
            max_steps=1,
            **extra,
        )
        # Every trainer wraps the model's forward in TRL's fused LM head: one wrapper is enough.
        vars(self.policy).pop("forward", None)
        trainer = trainer_class(
            model=self.policy,
            reward_funcs=lambda completions, **_: [float(i) for i in range(len(completions))],
            args=args,
            train_dataset=Dataset.from_list([row]),
            processing_class=self.processor,
        )
        trainer.args.beta = trainer.beta = BETA
        trainer.ref_model = self.reference
        trainer.current_gradient_accumulation_steps = 1
        if setting.checkpointing:
            trainer.model.gradient_checkpointing_enable({"use_reentrant": False})
        trainer.model.train()
        return trainer

    @staticmethod
    def media(setting: Setting) -> dict[str, int]:
        """Limits that take the file's frames as they are."""
        return {"min_pixels": setting.side**2, "max_pixels": setting.side**2, "max_frames": setting.frames}


class Variant:
    """A trainer, the batch it has drawn, and the phases of its step on that batch."""

    def __init__(self, trainer: GRPOTrainer, row: dict[str, Any], group: int):
        self.trainer = trainer
        self.rows = [row] * group
        self.batch = trainer._generate_and_score_completions(self.rows)
        self._tokenized = self.preprocess()
        self._state = {name: getattr(trainer, name) for name in STATE if hasattr(trainer, name)}

    def _as_drawn(self) -> Any:
        """The trainer, as it stood when the batch was drawn."""
        for name, value in self._state.items():
            setattr(self.trainer, name, copy(value))
        return self.trainer

    def preprocess(self) -> Any:
        """Token ids of a text-only batch, as TRL makes them: row by row."""
        return self.trainer._tokenize_prompts([row["prompt"] for row in self.rows])

    def generate(self) -> None:
        trainer = self._as_drawn()
        with torch.no_grad():
            trainer._generate_single_turn(*self._tokenized, trainer.num_generations)

    def score(self) -> None:
        """Log-probabilities of the old policy and of the reference, without gradients."""
        trainer, batch = self._as_drawn(), self.batch
        input_ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
        mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
        width, rows = batch["completion_ids"].shape[1], len(self.rows)
        with torch.no_grad(), disable_gradient_checkpointing(trainer.model, {"use_reentrant": False}):
            for model in (trainer.model, trainer.ref_model):
                trainer._get_per_token_logps_and_entropies(model, input_ids, mask, width, batch_size=rows)

    def attribute(self) -> None:
        """Both counterfactual passes; for ours the choice of key tokens too."""
        trainer, batch = self._as_drawn(), self.batch
        if not isinstance(trainer, VideoKTRTrainer):
            naive_counterfactuals(trainer, batch)
            return
        config, scorer = trainer.key_token_config, trainer._scorer(trainer.model)
        with trainer.accelerator.autocast():
            views = trainer._rollouts.views or scorer.view(trainer._rows.prompts)
            counterfactuals = score_counterfactuals(scorer, trainer._request(batch, views), config)
        mask = batch["completion_mask"]
        signals = signals_from(scorer, trainer._scored[0], counterfactuals, mask, config)
        select_key_tokens(signals, mask, config, group_size=trainer.num_generations)

    def update(self) -> None:
        """Forward and backward of the loss."""
        trainer = self._as_drawn()
        trainer._compute_loss(trainer.model, self.batch).backward()
        trainer.model.zero_grad()

    def whole_step(self) -> None:
        """Everything, from video files to gradients."""
        trainer = self.trainer
        trainer._step, trainer._buffered_inputs = 0, None
        trainer.training_step(trainer.model, self.rows, None)
        trainer.model.zero_grad()
