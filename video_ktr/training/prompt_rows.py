"""The rows of a generation batch, and the distinct prompts among them.

TRL repeats each dataset row G times. Here the rows are read back into distinct prompts, each encoded once, and every
row keeps a reference: splitting, shuffling and buffering rows never copies pixels.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor
from trl.data_utils import prepare_multimodal_messages

from video_ktr.data.encoding import EncodedPrompt, PromptEncoder, clean_message
from video_ktr.errors import DataError
from video_ktr.training.unreadable import UnreadablePrompt

Messages = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class PromptRows:
    """Distinct prompts and the one each row answers.

    Example:
        Two questions, G = 2: `prompt_of_row == [0, 0, 1, 1]`.
    """

    prompts: list[EncodedPrompt]
    prompt_of_row: list[int]
    keys: Sequence[str] = ()
    """A digest of each prompt's messages, media included; the same in every process and run."""

    @property
    def per_row(self) -> list[EncodedPrompt]:
        """One reference per row."""
        return [self.prompts[i] for i in self.prompt_of_row]

    @property
    def readable(self) -> list[bool]:
        """False at rows whose media could not be read."""
        return [not isinstance(prompt, UnreadablePrompt) for prompt in self.per_row]


def encode_rows(conversations: Iterable[Messages], encoder: PromptEncoder) -> PromptRows:
    """Encode each distinct conversation once."""
    prompts: list[EncodedPrompt] = []
    index: dict[str, int] = {}
    prompt_of_row = []
    for messages in conversations:
        key = fingerprint(messages)
        if key not in index:
            index[key] = len(prompts)
            prompts.append(encoder.encode(messages))
        prompt_of_row.append(index[key])
    return PromptRows(prompts, prompt_of_row, list(index))


def fingerprint(value: Any) -> str:
    """A digest of messages, media included: equal for equal content, whatever objects carry it."""
    digest = hashlib.sha256()

    def add(item: Any) -> None:
        digest.update(type(item).__name__.encode())
        if isinstance(item, dict):
            for key in sorted(k for k, v in item.items() if v is not None):
                add(key)
                add(item[key])
        elif isinstance(item, list | tuple):
            digest.update(str(len(item)).encode())
            for part in item:
                add(part)
        elif isinstance(item, Image.Image):
            digest.update(f"{item.size}{item.mode}".encode() + item.tobytes())
        elif isinstance(item, np.ndarray | Tensor):
            digest.update(f"{tuple(item.shape)}{item.dtype}".encode() + np.asarray(item).tobytes())
        else:
            digest.update(repr(item).encode())

    add(value)
    return digest.hexdigest()


def conversation(row: dict[str, Any]) -> Messages:
    """The row's messages, with media of TRL's "image" and "images" columns put into them.

    Raises:
        DataError: The prompt is not a list of messages, or the row has a column named "video", which TRL ignores.
    """
    if not isinstance(row["prompt"], list):
        raise DataError("a prompt is plain text: give messages, [{'role': 'user', 'content': ...}]")
    for column in ("video", "videos"):
        if row.get(column) is not None:
            raise DataError(f"a row has a column {column!r}: put the video into the messages, as a part of type video")
    images = row.get("images") or ([row["image"]] if row.get("image") is not None else [])
    messages: Messages = prepare_multimodal_messages([clean_message(message) for message in row["prompt"]], images)
    return messages


def without_media(messages: Messages) -> Messages:
    """The messages with media replaced by their path or kind: what logs and reward functions see."""

    def light(part: dict[str, Any]) -> dict[str, Any]:
        payload = part.get(part["type"])
        if part["type"] not in ("image", "video") or isinstance(payload, str):
            return part
        return {"type": part["type"], part["type"]: f"<{part['type']}>"}

    return [
        {**m, "content": [light(part) for part in m["content"]]} if isinstance(m["content"], list) else m
        for m in messages
    ]
