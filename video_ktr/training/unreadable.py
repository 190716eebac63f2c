"""Prompts whose media cannot be read, carried through training as prompts of text alone that teach nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_ktr.data.encoding import EncodedPrompt, Messages, PromptEncoder, clean_message
from video_ktr.errors import MediaError


@dataclass(frozen=True, eq=False)
class UnreadablePrompt(EncodedPrompt):
    """The text of a prompt whose media cannot be read.

    It keeps its rows' places in a batch, whose shape is the same on every process. Trainers leave those rows out of
    the loss and of the rewards; nothing is put in their stead.
    """

    file: str | None = None
    """The path in the messages that the error names; None for media in memory."""
    error: str = ""
    """One line."""


class LenientEncoder(PromptEncoder):
    """A `PromptEncoder` that gives an `UnreadablePrompt` where media cannot be read, in place of a MediaError.

    So what is wrong with one file reaches the trainer, also from a loader worker, and all processes can act on it
    together. A video that is asked for as another prompt's counterfactual is no video then, and another is drawn.
    """

    def encode(self, messages: Messages) -> EncodedPrompt:
        """Encode one conversation. Raises DataError as `PromptEncoder.encode`, and never MediaError."""
        try:
            return super().encode(messages)
        except MediaError as error:
            text = super().encode([_text_alone(clean_message(message)) for message in messages])
            return UnreadablePrompt(**vars(text), file=_named_file(messages, str(error)), error=str(error))


def _text_alone(message: dict[str, Any]) -> dict[str, Any]:
    if isinstance(message["content"], str):
        return message
    return {**message, "content": [part for part in message["content"] if part["type"] == "text"]}


def _named_file(messages: Messages, error: str) -> str | None:
    parts = [part for message in messages if not isinstance(message["content"], str) for part in message["content"]]
    paths = [path for part in parts for path in _paths(part.get(part["type"])) if path in error]
    return max(paths, key=len, default=None)


def _paths(media: Any) -> Iterator[str]:
    """The paths in what a message holds as a video or an image."""
    if isinstance(media, str | Path):
        yield str(media)
    elif isinstance(media, dict):
        yield from _paths(media.get("path"))
    elif isinstance(media, list | tuple):
        for item in media:
            yield from _paths(item)
