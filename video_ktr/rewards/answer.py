"""The text of a completion, and the answer in it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Completion: TypeAlias = str | Sequence[Mapping[str, Any]]
"""Plain text, or the messages of a conversation, as TRL passes either."""

_OPEN, _CLOSE = "<answer>", "</answer>"


def completion_text(completion: Completion) -> str:
    """Join the text of a completion; of message parts that are not text nothing is kept."""
    if isinstance(completion, str):
        return completion
    return "".join(_message_text(message.get("content")) for message in completion)


def extract_answer(text: str) -> str:
    """Take what stands in the first ``<answer>...</answer>``, without surrounding white space; "" when there is none.

    The same as the first match of ``<answer>\\s*(.*?)\\s*</answer>`` over lines, whose matching time
    grows with the cube of a run of spaces.
    """
    return tagged_answer(text) or ""


def tagged_answer(text: str) -> str | None:
    """As `extract_answer`, but None without ``<answer>...</answer>``: an empty answer is not a missing one."""
    start = text.find(_OPEN)
    end = text.find(_CLOSE, start + len(_OPEN)) if start >= 0 else -1
    return text[start + len(_OPEN) : end].strip() if end >= 0 else None


def solution_answer(solution: object) -> str:
    """Take the right answer out of a ``solution`` column: inside its tags, or all of it where it has none.

    The released code knows only the tagged form. Anything but text gives "".
    """
    if not isinstance(solution, str):
        return ""
    return extract_answer(solution) if _OPEN in solution else solution.strip()


def _message_text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "".join(str(part["text"]) for part in content if isinstance(part, Mapping) and part.get("text"))
    return ""
