"""The rewards that settings can name, and functions of the user's own."""

import inspect
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

from video_ktr.errors import ConfigError
from video_ktr.own_code import import_object
from video_ktr.rewards.accuracy import accuracy_reward
from video_ktr.rewards.caption import caption_reward
from video_ktr.rewards.format import format_reward
from video_ktr.rewards.length import length_reward
from video_ktr.rewards.soft_choice import origin_accuracy_reward, soft_choice_reward
from video_ktr.rewards.temporal_iou import temporal_iou_reward

RewardFunction: TypeAlias = Callable[..., Any]
"""Takes TRL's lists of a batch by keyword and gives one number or None a completion."""

REWARDS: dict[str, RewardFunction] = {
    "accuracy": accuracy_reward,
    "format": format_reward,
    "length": length_reward,
    "soft_choice": soft_choice_reward,
    "origin_accuracy": origin_accuracy_reward,
    "temporal_iou": temporal_iou_reward,
    "caption": caption_reward,
}


def find_rewards(names: Any) -> list[RewardFunction]:
    """Look reward functions up: names of `REWARDS`, and "module:function" for one of the user's own.

    A module is looked for where Python finds modules and then in the working folder; importing it runs its code. A
    function of one's own takes ``completions`` and ``**kwargs``: TRL passes every column of the data set.

    Raises ConfigError when `names` is no list or empty, when a name is unknown, cannot be imported or is no such
    function, and when two functions have one name, under which TRL would log both.
    """
    if not isinstance(names, list) or not names:
        raise ConfigError(f"rewards is {names!r}: give a list of {', '.join(REWARDS)}")
    functions = [_find_reward(name) for name in names]
    # As TRL names them in its log.
    called, times = Counter(getattr(f, "__name__", type(f).__name__) for f in functions).most_common(1)[0]
    if times > 1:
        raise ConfigError(f"rewards is {names!r}: {times} functions are called {called}; leave one out or rename it")
    return functions


def _find_reward(name: Any) -> RewardFunction:
    if isinstance(name, str) and name in REWARDS:
        return REWARDS[name]
    module, _, function = name.partition(":") if isinstance(name, str) else ("", "", "")
    if not all(part.isidentifier() for part in (*module.split("."), function)):
        raise ConfigError(
            f"reward {name!r} is unknown: use one of {', '.join(REWARDS)}, or module:function for one of your own"
        )
    reward = import_object("reward", module, function)
    if not callable(reward):
        raise ConfigError(f"reward {name!r} is of type {type(reward).__name__}: name a function")
    if not _takes_every_column(reward):
        raise ConfigError(f"reward {name!r} must take **kwargs: every column of the data set is passed to it")
    return reward  # type: ignore[no-any-return]  # callable, as checked


def _takes_every_column(function: RewardFunction) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False  # a function of Python itself, which tells nothing of its arguments
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
