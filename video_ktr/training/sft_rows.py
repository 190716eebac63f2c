"""Rows of supervised fine-tuning: encoded when they are read, and collated.

Letters: B rows, L prompt and completion tokens (right-padded).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import Dataset

from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.errors import DataError
from video_ktr.scoring.model_family import positions_of
from video_ktr.scoring.positions import IMAGE, VIDEO
from video_ktr.training.bad_media import faults_of
from video_ktr.training.full_pass import media_inputs
from video_ktr.training.unreadable import UnreadablePrompt

IGNORED = -100


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

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Collate one batch; `visual_lengths` (2, B) holds each row's visual tokens, of images and of videos.

        `faults` says what is wrong with rows whose media cannot be read; they have no labels.
        """
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
            if not isinstance(prompt, UnreadablePrompt):
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
            "faults": faults_of(prompts),
            **media_inputs(prompts, torch.device("cpu")),
        }
