"""Supervised fine-tuning on video prompts: base training of the toy model, cold start on real chains of thought.

Letters: B rows, L prompt and completion tokens (right-padded), N visual tokens.

TRL's `SFTTrainer` collates images only, and neither it nor transformers' own collators pass the positions that the
released models expect after a video; so this is transformers' `Trainer` with a collator that does both.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor, nn
from transformers import Trainer, TrainingArguments
from trl.trainer.utils import add_fused_lm_head

from video_ktr.errors import ConfigError
from video_ktr.scoring import VisionLanguageModel
from video_ktr.training.bad_media import BadMedia, Fault
from video_ktr.training.checkpoints import ResumableWeights
from video_ktr.training.media_settings import MediaSettings
from video_ktr.training.run_directory import RunDirectoryCallback
from video_ktr.training.seeds import derived_generator
from video_ktr.training.sft_rows import SFTCollator, SFTDataset


@dataclass
class VideoSFTConfig(MediaSettings, TrainingArguments):
    """`TrainingArguments`, with the fields of `MediaSettings`.

    Raises:
        ConfigError: A value is out of range.
    """

    video_dropout: float = field(
        default=0.0,
        metadata={
            "help": "Share of rows whose visual features are zeroed. A little of it makes the counterfactual that "
            "hides the video one the model has met before."
        },
    )
    remove_unused_columns: bool = field(default=False, metadata={"help": "Rows are messages, not model inputs."})

    def __post_init__(self) -> None:
        self.resolve_media()
        super().__post_init__()
        if not 0 <= self.video_dropout < 1:
            raise ConfigError(f"video_dropout is {self.video_dropout}: give a share in [0, 1)")


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

    Rows whose media cannot be read have no labels, so the loss is the mean over the other rows' tokens; a batch of such
    rows alone has loss 0. They are counted in the metric `bad_media/share`, until there are too many (`BadMedia`).

    Args:
        model: A supported model.
        args: A `VideoSFTConfig`.
        rows: Rows {"prompt": messages, "completion": text}.
        processor: The model's processor.
    """

    args: VideoSFTConfig

    def __init__(self, model: Any, args: VideoSFTConfig, rows: Sequence[dict[str, Any]], processor: Any, **kwargs: Any):
        parts = VisionLanguageModel.of(model)
        encoder = args.build_encoder(processor)
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
        self.bad_media = BadMedia(args.output_dir, args.bad_media, args.max_bad_media_share)
        self.add_callback(self.bad_media)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Mean negative log-likelihood of the batch's completion tokens, in nats.

        Raises:
            MediaError: A row's media cannot be read, and `bad_media` or `max_bad_media_share` ends the run.
        """
        del num_items_in_batch
        inputs = dict(inputs)
        lengths_2B, faults = inputs.pop("visual_lengths"), inputs.pop("faults")
        if model.training:
            self._count_rows(lengths_2B.shape[1], faults)
        with features_zeroed(self.visual, self._kept(lengths_2B)):
            outputs = model(**inputs, fused_lm_head=True)
        return (outputs.loss, outputs) if return_outputs else outputs.loss

    def _count_rows(self, rows: int, faults: list[Fault]) -> None:
        counts = torch.tensor([[rows, len(faults)]], device=self.accelerator.device)
        met, bad = self.accelerator.gather(counts).sum(0).tolist()
        self.bad_media.meet(met, gather_object(faults) if bad else [], bad, self.state)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log metrics; those of a training step with the share of rows whose media could not be read."""
        if "loss" in logs:
            logs["bad_media/share"] = self.bad_media.share
        super().log(logs, start_time)

    def _kept(self, lengths_2B: Tensor) -> list[Tensor]:
        """Which visual tokens survive, for every call of the vision tower that the batch makes."""
        generator = derived_generator(self.args.seed, self.state.global_step, self.args.process_index, "video_dropout")
        keep_B = torch.rand(lengths_2B.shape[1], generator=generator) >= self.args.video_dropout
        keep_B = keep_B.to(lengths_2B.device)
        return [keep_B.repeat_interleave(lengths_B) for lengths_B in lengths_2B if lengths_B.any()]
