import math

import pytest
import torch

from video_ktr.training.divergence_weights import divergence, divergence_weights, min_max_weights


def k3(e):
    return math.exp(e) - e - 1


def random_group(lengths, width=6, vocabulary=11):
    generator = torch.Generator().manual_seed(0)
    mask_GT = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    hidden_KD = torch.randn(int(mask_GT.sum()), width, generator=generator)
    head_DV = torch.randn(width, vocabulary, generator=generator)
    return hidden_KD, mask_GT, head_DV


def test_identical_rollouts_all_weigh_one():
    values_TV = torch.randn(5, 7).log_softmax(-1)
    values_GTV = values_TV.expand(3, -1, -1)
    divergence_T = divergence(values_GTV, torch.ones(3, 5))
    torch.testing.assert_close(divergence_T, torch.zeros(5), atol=1e-10, rtol=0)
    torch.testing.assert_close(min_max_weights(torch.zeros(5), 1.7), torch.ones(5))


def test_two_rollouts_two_positions_by_hand():
    # Position 0: (1/2, 1/2) and (3/4, 1/4): log-ratios to the mean are +-ln(1.5)/2 and -+ln(2)/2.
    # Position 1: the same distribution in both.
    values_GTV = torch.tensor([[[0.5, 0.5], [0.9, 0.1]], [[0.75, 0.25], [0.9, 0.1]]]).log()
    a, b = math.log(1.5) / 2, math.log(2) / 2
    expected = ((k3(a) + k3(-b)) + (k3(-a) + k3(b))) / 2
    divergence_T = divergence(values_GTV, torch.ones(2, 2))
    torch.testing.assert_close(divergence_T, torch.tensor([expected, 0.0]), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(min_max_weights(divergence_T, 1.7), torch.tensor([1.7, 1.0]), atol=1e-5, rtol=0)


def test_an_ended_rollout_counts_as_uniform():
    # V = 2: the filler is (1/2, 1/2) whatever the values at padding are.
    values_GTV = torch.tensor([[[0.75, 0.25]], [[0.9, 0.1]]]).log()
    a, b = math.log(1.5) / 2, math.log(2) / 2
    expected = ((k3(-a) + k3(b)) + (k3(a) + k3(-b))) / 2
    torch.testing.assert_close(divergence(values_GTV, torch.tensor([[1], [0]])), torch.tensor([expected]))


def test_log_ratios_are_cut_at_eleven():
    # Logits far apart, as with tw_input="logits": means 15 and 0, so e = -15 and 15 in the first entry.
    values_GTV = torch.tensor([[[30.0, 0.0]], [[0.0, 0.0]]])
    expected = (k3(-11) + k3(11)) / 2
    torch.testing.assert_close(divergence(values_GTV, torch.ones(2, 1)), torch.tensor([expected]))


@pytest.mark.parametrize("tile_elements", [1, 40, 100, 1 << 20])
@pytest.mark.parametrize("lengths", [(4, 2, 3), (1, 1, 1), (3, 0, 3)])
def test_tiles_do_not_change_the_weights(tile_elements, lengths):
    hidden_KD, mask_GT, head_DV = random_group(lengths)
    values_KV = (hidden_KD @ head_DV).log_softmax(-1)
    values_GTV = torch.zeros(*mask_GT.shape, 11)
    values_GTV[mask_GT] = values_KV
    expected_T = min_max_weights(divergence(values_GTV, mask_GT), 1.7)
    # Two places past the longest completion: padding of the batch, no place of this group.
    padded_GT = torch.nn.functional.pad(mask_GT, (0, 2))
    weights_T = divergence_weights(
        hidden_KD, padded_GT, lambda h: (h @ head_DV).log_softmax(-1), alpha=1.7, tile_elements=tile_elements
    )
    torch.testing.assert_close(weights_T[:-2], expected_T, atol=1e-5, rtol=1e-5)
    assert weights_T[-2:].tolist() == [1.0, 1.0]


def test_gradients_flow_through_tiles():
    hidden_KD, mask_GT, head_DV = random_group((4, 2, 3))

    def gradient(tile_elements):
        leaf_KD = hidden_KD.clone().requires_grad_()
        weights_T = divergence_weights(
            leaf_KD, mask_GT, lambda h: (h @ head_DV).log_softmax(-1), alpha=1.7, tile_elements=tile_elements
        )
        (weights_T * torch.arange(4)).sum().backward()
        return leaf_KD.grad

    assert gradient(1 << 20).abs().max() > 1e-3
    torch.testing.assert_close(gradient(1), gradient(1 << 20), atol=1e-5, rtol=1e-4)


def test_a_group_without_valid_tokens_weighs_one():
    weights_T = divergence_weights(torch.zeros(0, 6), torch.zeros(3, 4), lambda h: h, alpha=1.7)
    assert weights_T.tolist() == [1.0] * 4
