"""TW-GRPO's weights, and the distances of figure 8."""

import math

import pytest
import torch

from video_ktr.attribution import distribution_distance
from video_ktr.training.divergence_weights import divergence, min_max_weights

SYMMETRIC = ("l1", "l2", "js", "cosine", "hellinger")


def log_p(*rows):
    return torch.tensor(rows).log()


def test_l_identical_rollouts_all_weigh_one():
    rollout_TV = log_p([0.5, 0.25, 0.25], [0.1, 0.2, 0.7])
    divergence_T = divergence(rollout_TV.expand(4, -1, -1), torch.ones(4, 2))
    torch.testing.assert_close(divergence_T, torch.zeros(2), atol=1e-10, rtol=0)
    assert min_max_weights(divergence_T * 0, alpha=1.7).tolist() == [1.0, 1.0]


def test_l_two_rollouts_by_hand():
    # The second position differs: (1/2, 1/2) and (1/4, 3/4). With a = ln 2 / 2 and b = ln 1.5 / 2 the log-ratios to the
    # mean are (-a, b) and (a, -b), and e^x + e^-x - 2 summed over both, halved, is cosh a + cosh b - 2.
    first, second = log_p([0.3, 0.7], [0.5, 0.5]), log_p([0.3, 0.7], [0.25, 0.75])
    divergence_T = divergence(torch.stack([first, second]), torch.ones(2, 2))
    expected = math.cosh(math.log(2) / 2) + math.cosh(math.log(1.5) / 2) - 2
    torch.testing.assert_close(divergence_T, torch.tensor([0.0, expected]), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(min_max_weights(divergence_T, alpha=1.7), torch.tensor([1.0, 1.7]), atol=1e-5, rtol=0)


def test_l_a_rollout_that_has_ended_counts_as_uniform():
    ended = divergence(torch.stack([log_p([0.9, 0.1]), log_p([0.2, 0.8])]), torch.tensor([[1], [0]]))
    uniform = divergence(torch.stack([log_p([0.9, 0.1]), log_p([0.5, 0.5])]), torch.ones(2, 1))
    torch.testing.assert_close(ended, uniform)


@pytest.mark.parametrize("distance", [*SYMMETRIC, "kl"])
def test_p_distances_are_0_at_equal_distributions(distance):
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.0, 30.0]])
    assert distribution_distance(logits, logits + 3, distance=distance).abs().max() < 1e-6
    assert distribution_distance(logits, logits, distance=distance).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("distance", SYMMETRIC)
def test_p_symmetric_distances_are_symmetric(distance):
    p, q = log_p([0.7, 0.2, 0.1]), log_p([0.1, 0.6, 0.3])
    there, back = distribution_distance(p, q, distance=distance), distribution_distance(q, p, distance=distance)
    torch.testing.assert_close(there, back)


@pytest.mark.parametrize(("distance", "bound"), [("js", math.log(2)), ("hellinger", 1.0), ("l1", 2.0)])
def test_p_distances_reach_their_bounds_and_no_more(distance, bound):
    certain, other = log_p([1.0, 0.0]), log_p([0.0, 1.0])
    assert distribution_distance(certain, other, distance=distance).item() == pytest.approx(bound, abs=1e-6)
    wild = torch.randn(200, 7, generator=torch.Generator().manual_seed(0)) * 50
    assert (distribution_distance(wild, wild.flip(0), distance=distance) <= bound).all()


def test_p_kl_is_the_forward_one():
    p, q = log_p([0.5, 0.5]), log_p([0.25, 0.75])
    expected = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    assert distribution_distance(p, q, distance="kl").item() == pytest.approx(expected, abs=1e-6)
    assert distribution_distance(q, p, distance="kl").item() != pytest.approx(expected, abs=1e-2)
