"""Conversations as lmms-eval has them (media under "url") and as our encoder takes them (each under its own type)."""

from collections.abc import Mapping, Sequence
from typing import Any

from video_ktr.errors import DataError

Messages = list[dict[str, Any]]


def from_lmms(messages: Sequence[Mapping[str, Any]]) -> Messages:
    """The conversation for `PromptEncoder.encode`: roles, texts and the order of the parts stay as they are.

    Raises DataError for a part that would not be shown: audio, a cut of a video, an unknown type.
    """
    return [{"role": message["role"], "content": _content(message["content"], _ours)} for message in messages]


def to_lmms(messages: Sequence[Mapping[str, Any]]) -> Messages:
    """The conversation of `build_messages` for lmms-eval."""
    return [{"role": message["role"], "content": _content(message["content"], _theirs)} for message in messages]


def _content(content: Any, change: Any) -> list[dict[str, Any]]:
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [part if part.get("type") == "text" else change(part) for part in parts]


def _ours(part: Mapping[str, Any]) -> dict[str, Any]:
    kind, source = part.get("type"), part.get("url")
    if kind not in {"image", "video"}:
        raise DataError(f"the task shows a medium of type {kind!r}; only text, images and videos can be shown")
    # A cut is told beside the url, or in a mapping in its place.
    told = {**part, **source} if isinstance(source, Mapping) else part
    if any(told.get(key) is not None for key in ("start_time", "end_time", "video_start", "video_end")):
        raise DataError("the task shows a part of a video, given by its times; cut the file, or leave the task out")
    return {"type": kind, kind: source}


def _theirs(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": part["type"], "url": part[part["type"]]}
