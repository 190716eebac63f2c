"""A bonus for right answers that are neither too short nor too long."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from video_ktr.errors import ConfigError
from video_ktr.rewards.accuracy import accuracy_reward
from video_ktr.rewards.answer import Completion
from video_ktr.rewards.row_scores import LogMetric

BONUS = 0.2
SHORTEST, LONGEST = 320, 512
"""Tokens, both included."""
_RIGHT_ABOVE = 0.1


def length_reward(
    completions: Sequence[Completion],
    completion_ids: Sequence[Sequence[int]],
    solution: Sequence[str],
    problem_type: Sequence[str],
    *,
    problem_id: Sequence[Hashable] | None = None,
    prompts: Sequence[object] | None = None,
    log_metric: LogMetric | None = None,
    **kwargs: object,  # noqa: ARG001  # TRL passes every column of the data set
) -> list[float | None]:
    """Give 0.2 to a right answer of 320 to 512 tokens when another answer of its group is right too.

    This is the `len_control` of the released code; the paper does not mention it.

    Right means an accuracy above 0.1, without any bonus. The length is that of the completion up to and including its
    end token, the entry of `completion_ids`: the released code measures the number of SELECTED tokens once key tokens
    are on, and so hardly ever pays. Where accuracy cannot be scored the result is None, and
    counted as there.

    The rows of one prompt form a group: those with the same `problem_id` and the same prompt. Without a problem_id
    column the prompt alone tells groups apart, which needs videos and images given as paths: ConfigError otherwise.
    With neither, all rows are one group.
    A reward function sees the rows of its own process, so a group that is split over processes counts in parts.
    """
    accuracies = accuracy_reward(completions, solution, problem_type, log_metric=log_metric)
    groups = _group_keys(len(completions), problem_id, prompts)
    right = [accuracy is not None and accuracy > _RIGHT_ABOVE for accuracy in accuracies]
    right_in_group = Counter(group for group, is_right in zip(groups, right, strict=True) if is_right)
    return [
        None
        if accuracy is None
        else BONUS * (is_right and right_in_group[group] > 1 and SHORTEST <= len(ids) <= LONGEST)
        for accuracy, is_right, group, ids in zip(accuracies, right, groups, completion_ids, strict=True)
    ]


def _group_keys(
    rows: int, problem_id: Sequence[Hashable] | None, prompts: Sequence[object] | None
) -> list[tuple[Hashable, Hashable]]:
    ids = [None] * rows if problem_id is None else problem_id
    # Ids are unique in one file only; the prompt tells rows of merged files apart.
    texts = [None] * rows if prompts is None else [_hashable(p, strict=problem_id is None) for p in prompts]
    return list(zip(ids, texts, strict=True))


def _hashable(prompt: object, *, strict: bool) -> Hashable:
    """Reduce a prompt to its strings; media objects differ between the rows of one prompt and are left out."""
    if prompt is None or isinstance(prompt, str):
        return prompt
    if isinstance(prompt, Mapping):
        return tuple((key, _hashable(value, strict=strict)) for key, value in prompt.items())
    if isinstance(prompt, list | tuple):
        return tuple(_hashable(item, strict=strict) for item in prompt)
    if strict:
        raise ConfigError("length_reward: prompts hold media in memory; add a problem_id column to tell groups apart")
    return None
