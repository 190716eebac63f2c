import math

import pytest
import torch

from video_ktr.errors import ConfigError
from video_ktr.training.temporal_bonus import accuracy_column, temporal_bonus

NAN = math.nan


def bonus(ordered, shuffled, mu=0.8, alpha=0.3):
    shuffled_N = torch.tensor(shuffled + [NAN] * (len(ordered) - len(shuffled)))
    bonus_N, passed_U = temporal_bonus(torch.tensor(ordered), shuffled_N, len(ordered), mu=mu, alpha=alpha)
    return [round(value, 6) for value in bonus_N.tolist()], passed_U.tolist()


@pytest.mark.parametrize(
    ("ordered", "shuffled", "gained", "passed"),
    [
        # p = p~ = 0: it passes, and nobody qualifies.
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.0], [0.0, 0.0, 0.0, 0.0], 1.0),
        # p = 0.8 p~ exactly: 0.4 against 0.5, and 0.6 against 0.75, which 0.8 misses in binary.
        ([1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 0.0], [0.3, 0.3, 0.0, 0.0, 0.0], 1.0),
        ([1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [0.3, 0.3, 0.3, 0.0, 0.0], 1.0),
        # Just below: p = 0.39 against 0.8 * 0.5.
        ([0.95, 1.0, 0.0, 0.0, 0.0], [1.0, 0.0], [0.0] * 5, 0.0),
        # Partial credit: 0.15 is right enough, 0.05 and 0.1 are not.
        ([0.15, 0.05, 0.1, 0.0], [0.0, 0.0], [0.3, 0.0, 0.0, 0.0], 1.0),
        # p = 0.05 against p~ = 0.05: mu leaves room.
        ([0.15, 0.05, 0.0, 0.0], [0.1, 0.0], [0.3, 0.0, 0.0, 0.0], 1.0),
        # The shuffled group does better.
        ([1.0, 0.0, 0.0, 0.0], [1.0, 1.0], [0.0] * 4, 0.0),
        # Nothing to compare: an image, or nothing that can be scored.
        ([1.0, 1.0, 0.0, 0.0], [], [0.0] * 4, 0.5),
        ([NAN, NAN], [1.0], [0.0, 0.0], 0.5),
        # What cannot be scored is left out of p: 1 against 1, not 0.5.
        ([1.0, NAN], [1.0], [0.3, 0.0], 1.0),
    ],
)
def test_truth_table(ordered, shuffled, gained, passed):
    assert bonus(ordered, shuffled) == (gained, [passed])


def test_mu_and_alpha():
    ordered, shuffled = [1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 0.0]
    assert bonus(ordered, shuffled, mu=1.0) == ([0.0] * 5, [0.0])
    assert bonus(ordered, shuffled, mu=0.0, alpha=0.7)[0] == [0.7, 0.7, 0.0, 0.0, 0.0]


def test_groups_are_compared_apart_wherever_the_shuffled_stand():
    ordered_N = torch.tensor([1.0, 0.0, 1.0, 0.0])
    shuffled_N = torch.tensor([NAN, 1.0, 0.0, NAN])
    bonus_N, passed_U = temporal_bonus(ordered_N, shuffled_N, 2, mu=0.8, alpha=0.3)
    torch.testing.assert_close(bonus_N, torch.tensor([0.0, 0.0, 0.3, 0.0]))
    assert passed_U.tolist() == [0.0, 1.0]


def style(completions, **_):
    return [0.5] * len(completions)


async def slow(completions, **_):
    return [1.0] * len(completions)


@pytest.mark.parametrize(
    ("names", "wanted", "column"),
    [
        (["style", "accuracy_reward"], None, 1),
        (["style", "accuracy_reward"], "accuracy", 1),
        (["style", "accuracy"], "accuracy_reward", 1),
        (["style", "accuracy_reward"], "style", 0),
        (["style", "soft_choice_reward"], None, 0),
    ],
)
def test_which_reward_is_the_accuracy(names, wanted, column):
    assert accuracy_column(names, [style, style], wanted) == column


@pytest.mark.parametrize("function", [slow, torch.nn.Linear(1, 1)])
def test_a_reward_that_cannot_be_asked_by_itself_is_refused(function):
    with pytest.raises(ConfigError, match="the reward 'slow' is no plain function, which T-GRPO needs"):
        accuracy_column(["style", "slow"], [style, function], "slow")
    assert accuracy_column(["style", "slow"], [style, function], None) == 0
