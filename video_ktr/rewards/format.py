"""Whether a completion is made of reasoning and then an answer, each in its tags."""

import re
from collections.abc import Sequence

from video_ktr.rewards.answer import Completion, completion_text

_START, _END = "<think>", "</answer>"
_BETWEEN = re.compile(r"</think>\s*<answer>")


def format_reward(completions: Sequence[Completion], **kwargs: object) -> list[float | None]:  # noqa: ARG001
    """Give 1 to a completion that is ``<think>...</think> <answer>...</answer>`` from end to end, else 0.

    As the released code: only white space may stand between the two, nothing before or after, and a
    tag repeated inside is not punished.

    The same as a full match of ``<think>.*?</think>\\s*<answer>.*?</answer>`` over lines, whose matching time grows
    with the square of the number of repeated tags.
    """
    return [float(_has_format(completion_text(completion))) for completion in completions]


def _has_format(text: str) -> bool:
    if not (text.startswith(_START) and text.endswith(_END)):
        return False
    return _BETWEEN.search(text, len(_START), len(text) - len(_END)) is not None
