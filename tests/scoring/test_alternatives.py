import pytest
import torch
from torch import nn

from video_ktr.scoring import alternatives
from video_ktr.scoring.alternatives import most_changed_tokens


@pytest.fixture
def lm_head():
    torch.manual_seed(0)
    return nn.Linear(6, 30)


@pytest.fixture
def states():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(7, 6, generator=generator), torch.randn(7, 6, generator=generator)


def test_by_hand():
    """Logits are log-probabilities themselves: p = .5 .3 .15 .05, q = .1 .3 .35 .25."""
    head = nn.Linear(4, 4, bias=False)
    head.weight.data = torch.eye(4)
    p, q = torch.tensor([[0.5, 0.3, 0.15, 0.05]]), torch.tensor([[0.1, 0.3, 0.35, 0.25]])
    found = most_changed_tokens(head, p.log(), q.log(), 4)
    assert found.token_ids_NK[0, 0] == 0
    assert set(found.token_ids_NK[0, 1:3].tolist()) == {2, 3}
    assert found.token_ids_NK[0, 3] == 1
    torch.testing.assert_close(found.probabilities_NK[0, [0, 3]], torch.tensor([0.5, 0.3]))
    torch.testing.assert_close(found.other_probabilities_NK[0, [0, 3]], torch.tensor([0.1, 0.3]))


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_equal_to_sorting_all_of_the_vocabulary(lm_head, states, temperature, monkeypatch):
    monkeypatch.setattr(alternatives, "CHUNK_ELEMENTS", 2 * 5 * 30)  # two places at once
    found = most_changed_tokens(lm_head, *states, 3, temperature=temperature)
    p_NV, q_NV = (torch.softmax(lm_head(x) / temperature, -1) for x in states)
    order_NV = (p_NV - q_NV).abs().argsort(dim=-1, descending=True)
    assert torch.equal(found.token_ids_NK, order_NV[:, :3])
    torch.testing.assert_close(found.probabilities_NK, p_NV.gather(1, found.token_ids_NK))
    torch.testing.assert_close(found.other_probabilities_NK, q_NV.gather(1, found.token_ids_NK))


def test_no_more_than_the_vocabulary_is_named(lm_head, states):
    found = most_changed_tokens(lm_head, *states, 50)
    assert found.token_ids_NK.shape == (7, 30)
    torch.testing.assert_close(found.probabilities_NK.sum(1), torch.ones(7))
