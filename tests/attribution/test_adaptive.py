import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.attribution import (
    KeyTokenConfig,
    TokenSignals,
    adaptive_ratios,
    mass_shares,
    question_accuracies,
    select_key_tokens,
)
from video_ktr.errors import ConfigError

ENTROPY_ONLY = {"visual_ratio": None, "temporal_ratio": None, "ratio_rule": "adaptive"}


def shares(*rows, group_size=1, mask=None):
    scores = torch.tensor(rows)
    return mass_shares(scores, torch.ones_like(scores).bool() if mask is None else mask, group_size=group_size).tolist()


def test_share_of_tokens_that_holds_half_of_the_score():
    # 6 of 10 lies on one token of five; equal scores need half of the tokens, five of ten and two of three.
    assert shares([1.0, 1.0, 6.0, 1.0, 1.0]) == [1 / 5]
    assert shares([0.1] * 10) == [1 / 2]
    assert shares([2.0, 2.0, 2.0]) == [2 / 3]
    # 4 + 3 of 10 is the first sum that reaches 5.
    assert shares([1.0, 2.0, 3.0, 4.0]) == [1 / 2]


def test_completions_of_a_question_are_taken_together():
    # Of 12 the tokens 4 and 3 hold 7; by themselves the second completion's 1, 1 need one of two.
    assert shares([4.0, 3.0], [2.0, 1.0], [1.0, 1.0], group_size=3) == [2 / 6]
    assert shares([4.0, 3.0], [2.0, 1.0], [1.0, 1.0]) == [1 / 2, 1 / 2, 1 / 2]
    assert shares([9.0, 1.0], [1.0, 1.0], group_size=None) == [1 / 4]


def test_negative_scores_and_padding_hold_nothing():
    mask = torch.tensor([[True, True, True, True, False]])
    assert shares([5.0, -9.0, 1.0, 1.0, 99.0], mask=mask) == [1 / 4]


def test_scores_that_say_nothing_have_the_usual_share():
    assert shares([0.0, 0.0], [-1.0, -2.0]) == [0.2, 0.2]
    assert math.isnan(shares([1.0], mask=torch.tensor([[False]]))[0])
    with pytest.raises(ValueError, match="visual score of row 0, token 1 is nan"):
        mass_shares(torch.tensor([[1.0, float("nan")]]), torch.tensor([[True, True]]), name="visual")


def test_exponential_scores_have_about_the_usual_share():
    # Quantiles of the exponential distribution: the top share x holds x (1 - ln x), which is 1/2 at x = 0.187.
    places = (torch.arange(10_000) + 0.5) / 10_000
    assert shares((-places.log()).tolist())[0] == pytest.approx(0.187, abs=0.001)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40))
def test_share_is_the_smallest_that_holds_half_and_has_no_unit(values):
    (share,) = shares([float(value) for value in values])
    assert shares([value * 4.0 for value in values]) == [share]
    if any(values):
        count = round(share * len(values))
        assert share == count / len(values)
        ordered = sorted(values, reverse=True)
        assert 2 * sum(ordered[:count]) >= sum(values) > 2 * sum(ordered[: count - 1])


def ratios(accuracy, share, ratio=0.2, low=0.05, high=0.5):
    return list(
        adaptive_ratios(ratio, torch.tensor(accuracy).double(), torch.tensor(share).double(), low=low, high=high)
    )


def test_ratio_by_hand():
    # 0.2 * (3/2 - p) * share / 0.2
    assert ratios([0.5], [0.2]) == [0.2]
    assert ratios([0.25, 0.75], [0.2, 0.2]) == [0.25, 0.15]
    assert ratios([0.5, 0.25], [0.3, 0.4]) == [0.3, 0.5]
    assert ratios([0.5], [0.3], ratio=0.1) == [0.15]


def test_ratio_stays_within_its_bounds():
    assert ratios([0.0, 1.0, 0.5], [0.5, 0.02, float("nan")]) == [0.5, 0.05, 0.05]
    assert ratios([0.0, 1.0], [0.5, 0.02], low=0.15, high=0.25) == [0.25, 0.15]


def test_accuracy_is_the_groups_mean():
    nan = float("nan")
    accuracy_B = torch.tensor([1.0, 0.0, 0.0, 0.0, nan, 1.0, 0.5, nan])
    assert question_accuracies(accuracy_B, group_size=4).tolist() == [0.25, 0.75]
    assert question_accuracies(accuracy_B[:2]).tolist() == [0.5]
    with pytest.raises(ConfigError, match="name a reward between 0 and 1"):
        question_accuracies(torch.tensor([2.0, 1.0]))
    with pytest.raises(ValueError, match="visual ratio needs an accuracy"):
        adaptive_ratios(0.2, torch.tensor([nan]), torch.tensor([0.2]), low=0.05, high=0.5, name="visual")


# Two questions of two completions of ten tokens. The first has p = 1/2 and equal scores: share 1/2, so a ratio of 1/2.
# The second has p = 1 and three tokens of 6, 5 and 4 among ones (sum 32): 6 + 5 + 4 = 15 and one more, share 4/20.
SCORES = torch.ones(4, 10)
SCORES[2, :3] = torch.tensor([6.0, 5.0, 4.0])
ACCURACY = torch.tensor([1.0, 0.0, 1.0, 1.0])


def choose(**settings):
    config = KeyTokenConfig(**ENTROPY_ONLY, **settings)
    signals = TokenSignals(entropy_BT=SCORES)
    return select_key_tokens(signals, torch.ones(4, 10), config, group_size=2, accuracy_B=ACCURACY)


def test_each_question_selects_by_its_own_ratio():
    keys = choose()
    # ceil(0.5 * 10) = 5, and 0.2 * (1.5 - 1) * 0.2 / 0.2 = 0.1, of which one token a completion.
    assert keys.mask_BT.sum(1).tolist() == [5, 5, 1, 1]
    assert keys.mask_BT[2].nonzero().flatten().tolist() == [0]
    assert keys.statistics["entropy"].asked_ratio == pytest.approx(0.3)


def test_each_group_selects_by_its_own_ratio():
    keys = choose(scope="group")
    # Quantile 0.9 of twenty: position 17.1 in ascending order, so the two highest. The first group is one big tie.
    assert keys.mask_BT.sum(1).tolist() == [10, 10, 2, 0]
    assert keys.statistics["entropy"].asked_ratio == pytest.approx(0.3)


def test_it_needs_accuracies_and_is_off_by_default():
    with pytest.raises(ConfigError, match="needs the accuracy of each completion"):
        select_key_tokens(TokenSignals(entropy_BT=SCORES), torch.ones(4, 10), KeyTokenConfig(**ENTROPY_ONLY))
    fixed = select_key_tokens(
        TokenSignals(entropy_BT=SCORES), torch.ones(4, 10), KeyTokenConfig(visual_ratio=0, temporal_ratio=0)
    )
    assert fixed.mask_BT.sum(1).tolist() == [2, 2, 2, 2]
    assert fixed.statistics["entropy"].asked_ratio == 0.2
