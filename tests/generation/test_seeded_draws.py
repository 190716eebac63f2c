import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import set_seed

from tests.tiny import random_prompt
from video_ktr.errors import ConfigError
from video_ktr.generation import Sampling, TransformersEngine
from video_ktr.generation.seeded_draws import SeededDraws, inverse_cdf, uniforms

END, PAD, STEPS = 6, 0, 12
ROWS = [0, 0, 1, 2, 1, 3, 2]
SEEDS = [11, 12, 2**63 - 1, 14, 15 + 2**32, 15, 11]


def sampling(**settings):
    return Sampling(**{"max_new_tokens": STEPS, "end_token_ids": (END,), "pad_token_id": PAD, **settings})


def draw(model, prompts, rows, seeds, **settings):
    return TransformersEngine(model).generate(prompts, rows, sampling(**settings), row_seeds=seeds).token_ids


SETTINGS = [{}, {"temperature": 0.7, "top_p": 0.9}, {"top_k": 5, "repetition_penalty": 1.3}]


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_row_is_a_function_of_its_prompt_and_seed(tiny_model, mixed_prompts, settings):
    together = draw(tiny_model, mixed_prompts, ROWS, SEEDS, **settings)
    for row, (prompt, seed) in enumerate(zip(ROWS, SEEDS, strict=True)):
        assert draw(tiny_model, [mixed_prompts[prompt]], [0], [seed], **settings) == [together[row]]
    order = [4, 0, 6, 2, 5, 1, 3]
    permuted = draw(tiny_model, mixed_prompts, [ROWS[i] for i in order], [SEEDS[i] for i in order], **settings)
    assert permuted == [together[i] for i in order]


def test_longer_company_changes_nothing(tiny_model, mixed_prompts):
    longer = random_prompt(torch.Generator().manual_seed(1), text=(90, 60), video=(4, 8, 8), num_frames=8)
    alone = draw(tiny_model, mixed_prompts, ROWS, SEEDS)
    together = draw(tiny_model, [longer, *mixed_prompts], [0, *(row + 1 for row in ROWS)], [3, *SEEDS])
    assert together[1:] == alone


def test_the_global_random_state_plays_no_part(tiny_model, mixed_prompts):
    results = []
    for seed in (1, 2):
        set_seed(seed)
        results.append(draw(tiny_model, mixed_prompts, ROWS, SEEDS))
    assert results[0] == results[1]


def test_other_seeds_give_other_completions(tiny_model, mixed_prompts):
    rows = draw(tiny_model, mixed_prompts[:1], [0] * 3, [15, 15 + 2**32, 15])
    assert rows[0] == rows[2]
    assert rows[0] != rows[1]  # they differ above the lowest 32 bits only


def test_a_longer_limit_continues_the_same_completion(tiny_model, mixed_prompts):
    short = draw(tiny_model, mixed_prompts, ROWS, SEEDS, max_new_tokens=5)
    assert short == [tokens[:5] for tokens in draw(tiny_model, mixed_prompts, ROWS, SEEDS)]


def test_greedy_needs_no_seed(tiny_model, mixed_prompts):
    plain = TransformersEngine(tiny_model).generate(mixed_prompts, ROWS, sampling(temperature=0.0)).token_ids
    assert draw(tiny_model, mixed_prompts, ROWS, SEEDS, temperature=0.0) == plain


def test_what_was_thought_of_each_token_is_still_told(tiny_model, mixed_prompts):
    rollouts = TransformersEngine(tiny_model).generate(mixed_prompts, ROWS, sampling(), row_seeds=SEEDS)
    lengths = [len(tokens) for tokens in rollouts.token_ids]
    assert rollouts.log_probs_BT.shape == (len(ROWS), max(lengths))
    assert [(row < 0).sum().item() for row in rollouts.log_probs_BT] == lengths


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # logits are the logarithms of these weights, so each expectation can be worked out by hand
        ({}, [0.4, 0.3, 0.2, 0.1]),
        ({"temperature": 0.5}, [16 / 30, 9 / 30, 4 / 30, 1 / 30]),  # squares
        ({"top_k": 2}, [4 / 7, 3 / 7, 0, 0]),
        ({"top_p": 0.6}, [4 / 7, 3 / 7, 0, 0]),  # 0.4 falls short of 0.6, 0.4 + 0.3 reaches it
        ({"min_p": 0.4}, [4 / 9, 3 / 9, 2 / 9, 0]),  # at least 0.4 * 0.4
        ({"temperature": 0.5, "top_k": 3}, [16 / 29, 9 / 29, 4 / 29, 0]),
    ],
)
def test_tokens_come_as_often_as_they_should(settings, expected):
    count = 20_000
    draws = SeededDraws(range(count), sampling(max_new_tokens=1, **settings))
    logits_RV = torch.tensor([0.4, 0.3, 0.2, 0.1]).log().expand(count, 4)
    scores_RV = draws(torch.zeros(count, 1, dtype=torch.long), logits_RV)
    assert ((scores_RV == 0).sum(-1) == 1).all()
    shares = (scores_RV == 0).double().mean(0).numpy()
    errors = np.sqrt(np.array(expected) * (1 - np.array(expected)) / count)
    assert (np.abs(shares - expected) <= 4 * errors).all()
    assert (shares[np.array(expected) == 0] == 0).all()


def test_the_steps_of_a_row_are_independent():
    first, second = torch.stack(list(uniforms(range(20_000), 2)))
    assert abs(torch.corrcoef(torch.stack([first, second]))[0, 1]) < 4 / 20_000**0.5
    assert abs(torch.corrcoef(torch.stack([first[:-1], first[1:]]))[0, 1]) < 4 / 20_000**0.5  # seeds in a row


def test_inverse_cdf_by_hand():
    probabilities_RV = torch.tensor([0.25, 0.0, 0.5, 0.25]).expand(7, 4)
    uniform_R = torch.tensor([0.0, 0.2499, 0.25, 0.5, 0.75, 0.99, 1 - 2**-53], dtype=torch.float64)
    assert inverse_cdf(probabilities_RV, uniform_R).tolist() == [0, 0, 2, 2, 3, 3, 3]


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20).filter(lambda weights: sum(weights) > 0),
    st.floats(0, 1, exclude_max=True),
)
def test_a_token_of_probability_zero_is_never_drawn(weights, number):
    probabilities_1V = torch.tensor([weights], dtype=torch.float64)
    drawn = inverse_cdf(probabilities_1V, torch.tensor([number], dtype=torch.float64)).item()
    assert weights[drawn] > 0


def test_a_setting_that_would_be_left_out_is_refused():
    with pytest.raises(ConfigError, match="typical_p"):
        SeededDraws([1], sampling(extra={"typical_p": 0.9}))


@pytest.mark.parametrize(("seeds", "message"), [([1, 2], "2 seeds for 1 rows"), ([-1], "row 0 is -1"), ([2**63], "2")])
def test_seeds_that_do_not_fit_are_refused(tiny_model, mixed_prompts, seeds, message):
    with pytest.raises(ValueError, match=message):
        draw(tiny_model, mixed_prompts, [0], seeds)
