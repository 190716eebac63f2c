"""Supervised fine-tuning on video prompts: base training of the toy model, cold start on real chains of thought.

Letters: B rows, L prompt and completion tokens (right-padded), N visual tokens.

TRL's `SFTTrainer` collates images only, and neither it nor transformers' own collators pass the positions that the
released models expect after a video; so this is transformers' `Trainer` with a collator that does both.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments
from trl.trainer.utils import add_fused_lm_head

from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError, DataError
from video_ktr.scoring import VisionLanguageModel
from video_ktr.scoring.model_family import positions_of
from video_ktr.scoring.positions import IMAGE, VIDEO
from video_ktr.training.checkpoints import ResumableWeights
from video_ktr.training.config import build_section
from video_ktr.training.full_pass import media_inputs
from video_ktr.training.run_directory import RunDirectoryCallback
from video_ktr.training.seeds import derived_generator

IGNORED = -100


@dataclass
class VideoSFTConfig(TrainingArguments):
    """`TrainingArguments`, plus media.

    Raises:
        ConfigError: A value is out of range.
    """

    media: dict[str, Any] | None = field(
        default=None, metadata={"help": "Frame and pixel limits: the fields of MediaConfig."}
    )
    max_prompt_tokens: int | None = field(
        default=16384, metadata={"help": "Longest prompt; a longer one is refused, never cut. None for no limit."}
    )
    video_dropout: float = field(
        default=0.0,
        metadata={
            "help": "Share of rows whose visual features are zeroed. A little of it makes the counterfactual that "
            "hides the video one the model has met before."
        },
    )
    remove_unused_columns: bool = field(default=False, metadata={"help": "Rows are messages, not model inputs."})

    def __post_init__(self) -> None:
        self.media = asdict(build_section("media", MediaConfig, self.media))
        super().__post_init__()
        if not 0 <= self.video_dropout < 1:
            raise ConfigError(f"video_dropout is {self.video_dropout}: give a share in [0, 1)")


class SFTDataset(Dataset[dict[str, Any]]):
    """Rows {"prompt": messages, "completion": text}, encoded when they are read.

    Args:
        rows: The rows.
        encoder: Encodes the prompts.
        end_token_id: Put after each completion.
    """

    def __init__(self, rows: Sequence[dict[str, Any]], encoder: PromptEncoder, end_token_id: int):
        self.rows = rows
        self.encoder = encoder
        self.end_token_id = end_token_id

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self.rows[index]
        if not row.get("completion"):
            raise DataError(f"row {index} has no completion to learn: fine-tuning needs the full answer text")
        token_ids = self.encoder.processor.tokenizer(row["completion"], add_special_tokens=False)["input_ids"]
        return {"prompt": self.encoder.encode(row["prompt"]), "completion_ids": [*token_ids, self.end_token_id]}


@dataclass(frozen=True)
class SFTCollator:
    """Rows to model inputs: right-padded, labels on the completion only, M-RoPE positions by the released rule."""

    config: Any
    """The model's configuration."""
    pad_token_id: int

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        """Collate one batch; `visual_lengths` (2, B) holds each row's visual tokens, of images and of videos."""
        prompts: list[EncodedPrompt] = [row["prompt"] for row in rows]
        lengths = [len(row["prompt"].input_ids_P) + len(row["completion_ids"]) for row in rows]
        shape = (len(rows), max(lengths))
        input_ids_BL = torch.full(shape, self.pad_token_id)
        labels_BL = torch.full(shape, IGNORED)
        positions_3BL = torch.zeros((3, *shape), dtype=torch.long)
        for i, (prompt, length) in enumerate(zip(prompts, lengths, strict=True)):
            start = len(prompt.input_ids_P)
            completion_T = torch.tensor(rows[i]["completion_ids"])
            input_ids_BL[i, :start], input_ids_BL[i, start:length] = prompt.input_ids_P, completion_T
            labels_BL[i, start:length] = completion_T
            positions_3P, following = positions_of(self.config, prompt)
            positions_3BL[:, i, :start] = positions_3P
            positions_3BL[:, i, start:] = following + torch.arange(shape[1] - start)
        return {
            "input_ids": input_ids_BL,
            "attention_mask": (torch.arange(shape[1]) < torch.tensor(lengths)[:, None]).long(),
            "position_ids": positions_3BL,
            "labels": labels_BL,
            "visual_lengths": torch.tensor([[int((p.mm_types_P == k).sum()) for p in prompts] for k in (IMAGE, VIDEO)]),
            **media_inputs(prompts, torch.device("cpu")),
        }


@contextmanager
def features_zeroed(visual: nn.Module, keeps: Sequence[Tensor]) -> Iterator[None]:
    """While open, merged features are multiplied by `keeps` (N,), 0 or 1 per visual token, one entry a call.

    The models call their vision tower for the images of a batch, then for its videos.
    """
    remaining = iter(keeps)

    def zero(_: nn.Module, __: Any, output: Any) -> Any:
        output.pooler_output = output.pooler_output * next(remaining)[:, None].to(output.pooler_output)
        return output

    hook = visual.register_forward_hook(zero)
    try:
        yield
    finally:
        hook.remove()


class VideoSFTTrainer(ResumableWeights, Trainer):
    """Next-token training on the completions of video prompts.

    The loss is the mean over the completion tokens of a batch, through TRL's fused LM head, which never holds the
    logits of all positions. With `video_dropout`, the visual features of some rows are zeroed; which rows depends on
    the seed and the step alone.

    Args:
        model: A supported model.
        args: A `VideoSFTConfig`.
        rows: Rows {"prompt": messages, "completion": text}.
        processor: The model's processor.
    """

    args: VideoSFTConfig

    def __init__(self, model: Any, args: VideoSFTConfig, rows: Sequence[dict[str, Any]], processor: Any, **kwargs: Any):
        parts = VisionLanguageModel.of(model)
        encoder = PromptEncoder(processor, MediaConfig(**(args.media or {})), max_prompt_tokens=args.max_prompt_tokens)
        tokenizer = processor.tokenizer
        add_fused_lm_head(model)
        super().__init__(
            model=model,
            args=args,
            train_dataset=SFTDataset(rows, encoder, tokenizer.eos_token_id),
            data_collator=SFTCollator(model.config, tokenizer.pad_token_id),
            processing_class=processor,
            callbacks=[RunDirectoryCallback()],
            **kwargs,
        )
        self.visual = parts.core.visual

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Mean negative log-likelihood of the batch's completion tokens, in nats."""
        del num_items_in_batch
        inputs = dict(inputs)
        lengths_2B = inputs.pop("visual_lengths")
        with features_zeroed(self.visual, self._kept(lengths_2B)):
            outputs = model(**inputs, fused_lm_head=True)
        return (outputs.loss, outputs) if return_outputs else outputs.loss

    def _kept(self, lengths_2B: Tensor) -> list[Tensor]:
        """Which visual tokens survive, for every call of the vision tower that the batch makes."""
        generator = derived_generator(self.args.seed, self.state.global_step, self.args.process_index, "video_dropout")
        keep_B = torch.rand(lengths_2B.shape[1], generator=generator) >= self.args.video_dropout
        keep_B = keep_B.to(lengths_2B.device)
        return [keep_B.repeat_interleave(lengths_B) for lengths_B in lengths_2B if lengths_B.any()]
