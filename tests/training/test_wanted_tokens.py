import pytest
import torch

from video_ktr.training import VideoGRPOConfig
from video_ktr.training.wanted_tokens import fill_unwanted, wanted_tokens

MASK = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])


def config(tmp_path, **settings):
    return VideoGRPOConfig(str(tmp_path), bf16=False, use_cpu=True, **{"beta": 0.0, **settings})


def inputs(**entries):
    return {"completion_mask": MASK, "advantages": torch.tensor([0.0, -1.0]), "known_entropies": MASK * 2.0, **entries}


def test_only_tokens_with_an_advantage_are_wanted(tmp_path):
    assert wanted_tokens(inputs(), config(tmp_path)).tolist() == [[False] * 4, [True, True, False, False]]
    weighted = inputs(advantages=torch.tensor([[0.0, 2.0, 0.0, 5.0], [0.0, 0.0, 0.0, 0.0]]))
    assert wanted_tokens(weighted, config(tmp_path)).tolist() == [[False, True, False, False], [False] * 4]


def test_the_kl_term_wants_its_tokens(tmp_path):
    assert torch.equal(wanted_tokens(inputs(), config(tmp_path, beta=0.1)), MASK.bool())
    kl_mask = torch.tensor([[0, 1, 0, 0], [0, 0, 0, 1]])
    wanted = wanted_tokens(inputs(kl_mask=kl_mask), config(tmp_path, beta=0.1))
    assert wanted.tolist() == [[False, True, False, False], [True, True, False, False]]


def test_a_tool_mask_confines_what_is_wanted(tmp_path):
    tool_mask = torch.tensor([[0, 1, 0, 0], [1, 0, 0, 0]])
    assert torch.equal(wanted_tokens(inputs(tool_mask=tool_mask), config(tmp_path, beta=0.1)), tool_mask.bool())


@pytest.mark.parametrize(
    "settings",
    [
        {"importance_sampling_level": "sequence"},
        {"entropy_coef": 0.01},
        {"top_entropy_quantile": 0.5},
        {"off_policy_mask_threshold": 0.5},
        {"loss_type": "luspo", "importance_sampling_level": "sequence"},
    ],
)
def test_where_tokens_act_on_each_other_all_are_wanted(tmp_path, settings):
    assert torch.equal(wanted_tokens(inputs(), config(tmp_path, **settings)), MASK.bool())


def test_without_known_entropies_all_are_wanted(tmp_path):
    assert torch.equal(wanted_tokens(inputs(known_entropies=None), config(tmp_path)), MASK.bool())


def test_one_token_is_wanted_where_none_matters(tmp_path):
    nothing = wanted_tokens(inputs(advantages=torch.zeros(2)), config(tmp_path))
    assert nothing.nonzero().tolist() == [[0, 0]]


def test_unwanted_tokens_get_ratio_one_and_their_known_entropy():
    wanted = torch.tensor([[True, False]])
    scores = (torch.tensor([[-1.0, 0.0]]), torch.tensor([[3.0, 0.0]]))
    old = {"old_per_token_logps": torch.tensor([[-4.0, -5.0]]), "known_entropies": torch.tensor([[8.0, 9.0]])}
    log_probs, entropies = fill_unwanted(scores, wanted, old)
    assert log_probs.tolist() == [[-1.0, -5.0]]
    assert entropies.tolist() == [[3.0, 9.0]]
    assert fill_unwanted(scores, wanted, {})[0].tolist() == [[-1.0, 0.0]]
