from dataclasses import replace

import pytest
import torch

from tests.scoring.oracle import plain_pass
from tests.tiny import build_tiny_model
from video_ktr.scoring import Completions, CompletionScorer
from video_ktr.scoring.token_stats import token_distances, token_stats


@pytest.mark.parametrize("max_rows", [1, 3, 64])
def test_shared_prompt_equals_the_plain_pass(tiny_model, mixed_prompts, completions, max_rows):
    scorer = CompletionScorer(tiny_model, max_rows=max_rows)
    scores = scorer.score(scorer.view(mixed_prompts), completions)
    for row, prompt in enumerate(completions.prompt_of_row):
        length = int(completions.mask_BT[row].sum())
        with torch.no_grad():
            log_probs_T, entropies_T = plain_pass(
                tiny_model, mixed_prompts[prompt], completions.token_ids_BT[row, :length]
            )
        torch.testing.assert_close(scores.log_probs_BT[row, :length], log_probs_T, atol=1e-4, rtol=0)
        torch.testing.assert_close(scores.entropies_BT[row, :length], entropies_T, atol=1e-4, rtol=0)
        assert not scores.log_probs_BT[row, length:].any()
        assert not scores.entropies_BT[row, length:].any()


def test_one_token_completions(tiny_model, mixed_prompts):
    scorer = CompletionScorer(tiny_model)
    one = Completions(torch.tensor([[17], [18]]), torch.ones(2, 1), prompt_of_row=[0, 1])
    scores = scorer.score(scorer.view(mixed_prompts[:2]), one)
    with torch.no_grad():
        expected, _ = plain_pass(tiny_model, mixed_prompts[1], torch.tensor([18]))
    torch.testing.assert_close(scores.log_probs_BT[1], expected, atol=1e-4, rtol=0)


def test_a_batch_counts_its_videos_and_prompts_once(tiny_model, mixed_prompts, completions):
    scorer = CompletionScorer(tiny_model)
    core = scorer.parts.core
    vision, decoder = [], []
    hooks = [
        core.visual.register_forward_pre_hook(lambda _, args: vision.append(len(args[0]))),
        core.language_model.register_forward_pre_hook(
            lambda _, __, kwargs: decoder.append(tuple(kwargs["inputs_embeds"].shape[:2])), with_kwargs=True
        ),
    ]
    scorer.score(scorer.view(mixed_prompts), completions)
    for hook in hooks:
        hook.remove()
    # One call for the two videos (48 + 128 patches), one for the image; four prompts without their last token once,
    # then as many tokens as each completion has: its last one is not run, the prompt's last one is.
    assert vision == [48 + 128, 32]
    prompts = sum(len(prompt.input_ids_P) - 1 for prompt in mixed_prompts)
    assert decoder == [(1, prompts + int(completions.mask_BT.sum()))]


def test_mode_and_gradients_are_left_as_found(mixed_prompts, completions):
    model = build_tiny_model("qwen2_5_vl").train()
    scorer = CompletionScorer(model)
    scores = scorer.score(scorer.view(mixed_prompts), completions)
    assert model.training
    assert not scores.log_probs_BT.requires_grad


def test_temperature_divides_the_logits(tiny_model, mixed_prompts, completions):
    views = CompletionScorer(tiny_model).view(mixed_prompts)
    hot = CompletionScorer(tiny_model, temperature=1e6).score(views, completions)
    valid = completions.mask_BT.bool()
    uniform = torch.tensor(200.0).log()
    torch.testing.assert_close(hot.entropies_BT[valid], uniform.expand(int(valid.sum())), atol=1e-3, rtol=0)


@pytest.mark.parametrize("tile", [1, 3, 100])
def test_statistics_do_not_depend_on_the_tile(monkeypatch, tile):
    monkeypatch.setattr("video_ktr.scoring.token_stats.VOCABULARY_TILE", tile)
    monkeypatch.setattr("video_ktr.scoring.token_stats.CHUNK_ELEMENTS", 14 * tile)
    torch.manual_seed(0)
    head = torch.nn.Linear(4, 7, bias=False)
    hidden_ND, other_ND = torch.randn(2, 5, 4)
    targets_N = torch.randint(0, 7, (5,))
    log_probs_N, entropies_N = token_stats(head, hidden_ND, targets_N, temperature=0.5)
    expected_NV = (head(hidden_ND) / 0.5).log_softmax(-1).detach()
    torch.testing.assert_close(log_probs_N, expected_NV.gather(-1, targets_N[:, None])[:, 0])
    torch.testing.assert_close(entropies_N, -(expected_NV.exp() * expected_NV).sum(-1))
    assert not log_probs_N.requires_grad
    moved_N = token_distances(head, hidden_ND, other_ND, distance="l1", temperature=0.5)
    direct_N = (expected_NV.exp() - (head(other_ND) / 0.5).softmax(-1).detach()).abs().sum(-1)
    torch.testing.assert_close(moved_N, direct_N)


def test_a_row_without_wanted_tokens_is_not_run(tiny_model, mixed_prompts, completions):
    scorer = CompletionScorer(tiny_model)
    chosen_BT = completions.mask_BT.clone()
    chosen_BT[[0, 2, 4]] = 0
    views = scorer.view(mixed_prompts)
    lengths = []
    hook = scorer.parts.core.language_model.register_forward_pre_hook(
        lambda _, __, kwargs: lengths.append(kwargs["inputs_embeds"].shape[1]), with_kwargs=True
    )
    some = scorer.score(views, replace(completions, mask_BT=chosen_BT))
    hook.remove()
    # Rows 2 and 4 are all that the second prompt has, so it is not run either.
    assert lengths == [sum(len(mixed_prompts[i].input_ids_P) - 1 for i in (0, 2, 3)) + int(chosen_BT.sum())]
    every = scorer.score(views, completions)
    torch.testing.assert_close(some.log_probs_BT, every.log_probs_BT * chosen_BT, atol=1e-5, rtol=0)
