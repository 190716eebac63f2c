import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from video_ktr.attribution import distribution_distance, distribution_shift, log_prob_shift, token_entropy
from video_ktr.errors import ConfigError

DISTANCES = ("l1", "l2", "kl", "js", "cosine", "hellinger")


def logits(*probabilities: float) -> torch.Tensor:
    return torch.tensor([probabilities]).log()


def test_shift_is_absolute_by_default_and_signed_on_request():
    true, other = torch.tensor([[-1.0, -3.0]]), torch.tensor([[-2.5, -1.0]])
    assert log_prob_shift(true, other).tolist() == [[1.5, 2.0]]
    assert log_prob_shift(true, other, signed=True).tolist() == [[1.5, -2.0]]


def test_shift_of_bf16_is_float32():
    true = torch.tensor([[-1.0]], dtype=torch.bfloat16)
    shift = log_prob_shift(true, torch.tensor([[-1.001]]))
    assert shift.dtype == torch.float32
    assert shift.item() == pytest.approx(0.001, abs=1e-6)


def test_shift_of_different_shapes_is_refused():
    with pytest.raises(ValueError, match=r"\(1, 2\) and \(1, 3\)"):
        log_prob_shift(torch.zeros(1, 2), torch.zeros(1, 3))


# p = (1/2, 1/2), q = (1/4, 3/4), all by hand.
BY_HAND = {
    "l1": 0.5,
    "l2": math.sqrt(0.125),
    "kl": 0.5 * math.log(2) + 0.5 * math.log(2 / 3),
    "js": 0.25 * (math.log(4 / 3) + math.log(4 / 5)) + 0.125 * math.log(2 / 3) + 0.375 * math.log(6 / 5),
    "cosine": 1 - 0.5 / (math.sqrt(0.5) * math.sqrt(0.625)),
    "hellinger": math.sqrt(0.5 * ((math.sqrt(0.5) - 0.5) ** 2 + (math.sqrt(0.5) - math.sqrt(0.75)) ** 2)),
}


@pytest.mark.parametrize("distance", DISTANCES)
def test_distance_by_hand(distance):
    result = distribution_distance(logits(0.5, 0.5), logits(0.25, 0.75), distance=distance)
    assert result.item() == pytest.approx(BY_HAND[distance], abs=1e-6)


@pytest.mark.parametrize(
    ("distance", "value"), [("l1", 7.0), ("l2", 5.0), ("cosine", 1.0 - 3.0 / (1.0 * math.sqrt(25.0)))]
)
def test_logit_space_compares_raw_logits(distance, value):
    pairs = {"l1": ([3.0, 4.0], [0.0, 0.0]), "l2": ([3.0, 4.0], [0.0, 0.0]), "cosine": ([1.0, 0.0], [3.0, 4.0])}
    first, second = (torch.tensor([vector]) for vector in pairs[distance])
    assert distribution_distance(first, second, distance=distance, space="logit").item() == pytest.approx(value)


@pytest.mark.parametrize("distance", ["kl", "js", "hellinger"])
def test_logit_space_is_refused_where_undefined(distance):
    with pytest.raises(ConfigError, match="use space 'prob'"):
        distribution_distance(torch.zeros(1, 2), torch.zeros(1, 2), distance=distance, space="logit")


def test_unknown_distance_names_the_known_ones():
    with pytest.raises(ConfigError, match="l1, l2, kl, js, cosine, hellinger"):
        distribution_shift(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2), distance="euclid")


@pytest.mark.parametrize("distance", DISTANCES)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([0.1, 1.0, 30.0, 300.0]))
@settings(max_examples=25, deadline=None)
def test_distance_identities(distance, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    first, second = (torch.randn(5, 11, generator=generator) * scale for _ in range(2))
    there = distribution_distance(first, second, distance=distance)
    assert (distribution_distance(first, first, distance=distance) == 0).all()
    assert (there >= 0).all()
    assert torch.isfinite(there).all()
    # Adding a constant to the logits changes no probability.
    torch.testing.assert_close(distribution_distance(first + 3, second, distance=distance), there, atol=1e-4, rtol=1e-3)
    if distance != "kl":
        back = distribution_distance(second, first, distance=distance)
        torch.testing.assert_close(there, back, atol=1e-6, rtol=1e-5)
    bound = {"l1": 2.0, "js": math.log(2), "hellinger": 1.0, "cosine": 1.0, "l2": math.sqrt(2)}.get(distance, math.inf)
    assert (there <= bound + 1e-6).all()


@pytest.mark.parametrize(("distance", "value"), [("l1", 2.0), ("js", math.log(2)), ("hellinger", 1.0), ("cosine", 1.0)])
def test_disjoint_distributions_reach_the_bound(distance, value):
    result = distribution_distance(logits(1.0, 0.0), logits(0.0, 1.0), distance=distance)
    assert result.item() == pytest.approx(value, abs=1e-6)


def test_forbidden_tokens_of_both_passes_add_nothing():
    with_forbidden = distribution_distance(logits(0.5, 0.5, 0.0), logits(0.25, 0.75, 0.0), distance="kl")
    assert with_forbidden.item() == pytest.approx(BY_HAND["kl"], abs=1e-6)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("chunk_size", [1, 4, 6, 100])
def test_chunk_size_does_not_matter(distance, chunk_size):
    first, second = torch.randn(2, 3, 7), torch.randn(2, 3, 7)
    whole = distribution_distance(first, second, distance=distance)
    chunked = distribution_shift(first, second, distance=distance, chunk_size=chunk_size)
    assert chunked.shape == (2, 3)
    torch.testing.assert_close(chunked, whole, atol=1e-7, rtol=1e-6)


def test_bf16_logits_are_computed_in_float32():
    first, second = torch.randn(1, 4, 9).bfloat16(), torch.randn(1, 4, 9).bfloat16()
    for distance in DISTANCES:
        result = distribution_shift(first, second, distance=distance)
        assert result.dtype == torch.float32
        torch.testing.assert_close(result, distribution_shift(first.float(), second.float(), distance=distance))


def test_no_position_gives_no_score():
    empty = torch.zeros(2, 0, 5)
    assert distribution_shift(empty, empty, distance="js").shape == (2, 0)
    assert token_entropy(empty).shape == (2, 0)


def test_entropy_by_hand():
    rows = torch.cat([logits(0.25, 0.25, 0.25, 0.25), logits(0.5, 0.5, 0.0, 0.0), logits(1.0, 0.0, 0.0, 0.0)])
    expected = torch.tensor([[math.log(4), math.log(2), 0.0]])
    for chunk_size in (1, 2, 50):
        torch.testing.assert_close(token_entropy(rows[None], chunk_size), expected)
    assert token_entropy(rows[None].bfloat16()).dtype == torch.float32


def test_inputs_are_left_alone():
    first, second = torch.randn(1, 3, 4), torch.randn(1, 3, 4)
    kept = first.clone(), second.clone()
    for distance in DISTANCES:
        distribution_shift(first, second, distance=distance)
    token_entropy(first)
    assert torch.equal(first, kept[0])
    assert torch.equal(second, kept[1])
