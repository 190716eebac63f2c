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
    # One call for the two videos (48 + 128 patches), one for the image; four prompts once, then seven completions
    # without their last token.
    assert vision == [48 + 128, 32]
    longest = max(len(prompt.input_ids_P) for prompt in mixed_prompts)
    assert decoder == [(4, longest), (7, 8)]


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


@pytest.mark.parametrize("elements", [1, 7 * 5, 1 << 20])
def test_statistics_do_not_depend_on_the_chunk(monkeypatch, elements):
    monkeypatch.setattr("video_ktr.scoring.token_stats.CHUNK_ELEMENTS", elements)
    torch.manual_seed(0)
    head = torch.nn.Linear(4, 7, bias=False)
    hidden_BTD, other_BTD = torch.randn(2, 2, 3, 4)
    targets_BT = torch.randint(0, 7, (2, 3))
    mask_BT = torch.tensor([[1, 1, 0], [1, 1, 1]])
    log_probs_BT, entropies_BT = token_stats(head, hidden_BTD, targets_BT, mask_BT)
    expected_BTV = head(hidden_BTD).log_softmax(-1).detach()
    torch.testing.assert_close(log_probs_BT, expected_BTV.gather(-1, targets_BT[..., None])[..., 0] * mask_BT)
    torch.testing.assert_close(entropies_BT, -(expected_BTV.exp() * expected_BTV).sum(-1) * mask_BT)
    moved_BT = token_distances(head, hidden_BTD, other_BTD, mask_BT, distance="l1")
    direct_BT = (expected_BTV.exp() - head(other_BTD).softmax(-1).detach()).abs().sum(-1) * mask_BT
    torch.testing.assert_close(moved_BT, direct_BT)
