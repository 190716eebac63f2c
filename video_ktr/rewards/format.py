"""Whether a completion is made of reasoning and then an answer, each in its tags."""

import re
from collections.abc import Sequence

from video_ktr.rewards.answer import Completion, completion_text

_FORMAT = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)


def format_reward(completions: Sequence[Completion], **kwargs: object) -> list[float | None]:  # noqa: ARG001
    """Give 1 to a completion that is ``<think>...</think> <answer>...</answer>`` from end to end, else 0.

    As the released code: only white space may stand between the two, nothing before or after, and a
    tag repeated inside is not punished.
    """
    return [float(_FORMAT.fullmatch(completion_text(completion)) is not None) for completion in completions]
