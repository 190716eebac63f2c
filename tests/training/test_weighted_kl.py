import math

import pytest
import torch

from video_ktr.training.weighted_kl import kl_excess


@pytest.mark.parametrize("per_completion", [True, False])
def test_excess_by_hand(per_completion):
    # d = 0.1, 0 and 0.2; the last token is padding.
    log_probs_BT = torch.tensor([[-1.0, -2.0], [-3.0, 0.0]])
    inputs = {
        "ref_per_token_logps": torch.tensor([[-0.9, -2.0], [-2.8, 5.0]]),
        "token_weights": torch.tensor([[1.5, 1.7], [1.2, 1.7]]),
        "completion_mask": torch.tensor([[1, 1], [1, 0]]),
    }
    first, second = (weight * (math.exp(d) - d - 1) for weight, d in ((0.5, 0.1), (0.2, 0.2)))
    expected = 0.04 * ((first / 2 + second) / 2 if per_completion else (first + second) / 3)
    excess = kl_excess(inputs, log_probs_BT, beta=0.04, per_completion=per_completion)
    assert excess.item() == pytest.approx(expected, rel=1e-4)
