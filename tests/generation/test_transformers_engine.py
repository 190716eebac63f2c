import pytest
import torch

from tests.scoring.oracle import plain_logits, plain_pass
from tests.tiny import IMAGE_TOKEN, VIDEO_TOKEN, VISION_END, VISION_START, VOCABULARY
from video_ktr.errors import ConfigError
from video_ktr.generation import Sampling, TransformersEngine
from video_ktr.generation.transformers_engine import up_to_end
from video_ktr.scoring import Completions, CompletionScorer

END, PAD = 6, 0
FORBIDDEN = (IMAGE_TOKEN, VIDEO_TOKEN, VISION_START, VISION_END)
ROWS = [0, 0, 1, 2, 1, 3, 2]


def sampling(**settings):
    return Sampling(**{"max_new_tokens": 7, "end_token_ids": (END,), "pad_token_id": PAD, **settings})


def test_greedy_takes_the_most_likely_token_of_the_plain_pass(tiny_model, mixed_prompts):
    rollouts = TransformersEngine(tiny_model).generate(
        mixed_prompts, ROWS, sampling(temperature=0.0, forbidden_token_ids=FORBIDDEN)
    )
    for row, tokens in enumerate(rollouts.token_ids):
        with torch.no_grad():
            logits_TV = plain_logits(tiny_model, mixed_prompts[ROWS[row]], torch.tensor(tokens))
        logits_TV[:, list(FORBIDDEN)] = -torch.inf
        assert logits_TV.argmax(-1).tolist() == tokens


def test_scores_taken_while_sampling_equal_those_of_a_pass(tiny_model, mixed_prompts):
    torch.manual_seed(3)
    rollouts = TransformersEngine(tiny_model).generate(
        mixed_prompts, ROWS, sampling(temperature=0.7, top_p=0.9, forbidden_token_ids=FORBIDDEN)
    )
    width = max(map(len, rollouts.token_ids))
    token_ids_BT = torch.tensor([t + [PAD] * (width - len(t)) for t in rollouts.token_ids])
    mask_BT = torch.tensor([[1] * len(t) + [0] * (width - len(t)) for t in rollouts.token_ids])
    scorer = CompletionScorer(tiny_model, temperature=0.7)
    scores = scorer.score(scorer.view(mixed_prompts), Completions(token_ids_BT, mask_BT, ROWS))
    torch.testing.assert_close(rollouts.log_probs_BT, scores.log_probs_BT, atol=1e-4, rtol=0)
    torch.testing.assert_close(rollouts.entropies_BT, scores.entropies_BT, atol=1e-4, rtol=0)


def test_sampling_follows_the_distribution(tiny_model, mixed_prompts):
    # 4,000 draws of a first token: frequencies against the plain pass, within five standard errors.
    count = 4000
    torch.manual_seed(0)
    rollouts = TransformersEngine(tiny_model).generate(mixed_prompts[:1], [0] * count, sampling(max_new_tokens=1))
    drawn = torch.tensor(rollouts.token_ids)[:, 0]
    likely = drawn.mode().values
    with torch.no_grad():
        probability = plain_pass(tiny_model, mixed_prompts[0], likely[None])[0].exp().item()
    error = (probability * (1 - probability) / count) ** 0.5
    assert abs((drawn == likely).float().mean().item() - probability) < 5 * error


def test_the_seed_decides(tiny_model, mixed_prompts):
    def draw(seed):
        torch.manual_seed(seed)
        return TransformersEngine(tiny_model).generate(mixed_prompts, ROWS, sampling()).token_ids

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_forbidden_tokens_are_never_drawn(tiny_model, mixed_prompts):
    torch.manual_seed(0)
    rollouts = TransformersEngine(tiny_model).generate(
        mixed_prompts, ROWS * 20, sampling(temperature=50.0, forbidden_token_ids=FORBIDDEN)
    )
    assert not {token for row in rollouts.token_ids for token in row} & set(FORBIDDEN)


def test_padding_is_not_penalised_as_a_repetition(tiny_model, mixed_prompts):
    # Among the padding token and two others: padding in front of a short prompt must not change its chances, which
    # transformers 5.19 leaves to us and 5.23 sees to itself.
    rest = tuple(token for token in range(VOCABULARY) if token not in (PAD, 50, 51))
    penalised = sampling(temperature=4.0, repetition_penalty=9.0, forbidden_token_ids=rest, max_new_tokens=1)
    engine = TransformersEngine(tiny_model)
    alone = engine.generate(mixed_prompts[3:], [0] * 100, penalised, row_seeds=range(100)).token_ids
    together = engine.generate(mixed_prompts, [3] * 100, penalised, row_seeds=range(100)).token_ids
    assert together == alone
    assert {token for tokens in alone for token in tokens} == {PAD, 50, 51}


def test_video_and_prompt_run_once_per_prompt(tiny_model, mixed_prompts):
    widths = []
    core = TransformersEngine(tiny_model).parts.core
    hook = core.language_model.register_forward_pre_hook(
        lambda _, __, kwargs: widths.append(tuple(kwargs["inputs_embeds"].shape[:2])), with_kwargs=True
    )
    TransformersEngine(tiny_model).generate(mixed_prompts[:2], [0] * 5 + [1] * 3, sampling(max_new_tokens=2))
    hook.remove()
    longest = max(len(prompt.input_ids_P) for prompt in mixed_prompts[:2])
    assert widths == [(2, longest - 1), (8, 1), (8, 1)]


def test_completions_end_with_their_first_end_token():
    tokens_RT = torch.tensor([[9, END, 9, END], [END, 9, 9, 9], [9, 9, 9, 9]])
    expected = [[True, True, False, False], [True, False, False, False], [True] * 4]
    assert up_to_end(tokens_RT, [END]).tolist() == expected


@pytest.mark.parametrize(
    ("setting", "value"), [("temperature", -1.0), ("top_p", 0.0), ("top_p", 1.5), ("top_k", -1), ("max_new_tokens", 0)]
)
def test_values_out_of_range_are_refused(setting, value):
    with pytest.raises(ConfigError, match=setting):
        sampling(**{setting: value})
