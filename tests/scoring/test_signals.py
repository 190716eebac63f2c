import pytest
import torch

from tests.scoring.oracle import plain_logits
from tests.tiny import build_tiny_model
from video_ktr.attribution import KeyTokenConfig, distribution_shift
from video_ktr.scoring import CompletionScorer, SignalRequest, token_signals
from video_ktr.training.seeds import derived_generator


@pytest.fixture(scope="module")
def scorer():
    return CompletionScorer(build_tiny_model("qwen2_5_vl"))


def build_request(prompts, completions):
    return SignalRequest(prompts, completions, [derived_generator(0, i) for i in range(4)])


@pytest.fixture
def request_all(mixed_prompts, completions):
    return build_request(mixed_prompts, completions)


def zeroed(model):
    """A hook-made oracle: the model's own forward with its visual features set to zero."""

    def zero(_, __, output):
        output.pooler_output = output.pooler_output * 0
        return output

    return model.model.visual.register_forward_hook(zero)


def test_visual_signal_equals_two_plain_passes(scorer, request_all):
    signals, _ = token_signals(scorer, request_all, KeyTokenConfig())
    model, completions = scorer.model, request_all.completions
    for row, index in enumerate(completions.prompt_of_row):
        prompt = request_all.prompts[index]
        length = int(completions.mask_BT[row].sum())
        token_ids_T = completions.token_ids_BT[row, :length]
        with torch.no_grad():
            true_TV = plain_logits(model, prompt, token_ids_T).log_softmax(-1)
            hook = zeroed(model)
            other_TV = plain_logits(model, prompt, token_ids_T).log_softmax(-1)
            hook.remove()
        expected_T = (true_TV - other_TV).gather(-1, token_ids_T[:, None])[:, 0].abs()
        torch.testing.assert_close(signals.visual_BT[row, :length], expected_T, atol=1e-4, rtol=0)


@pytest.mark.parametrize("distance", ["l1", "kl", "js", "hellinger"])
def test_distribution_distances_equal_two_plain_passes(scorer, request_all, distance):
    config = KeyTokenConfig(distance=distance, temporal_ratio=None, entropy_ratio=None)
    signals, _ = token_signals(scorer, request_all, config)
    completions = request_all.completions
    row = 4  # the longer video
    prompt, length = request_all.prompts[1], int(completions.mask_BT[row].sum())
    token_ids_T = completions.token_ids_BT[row, :length]
    with torch.no_grad():
        true_TV = plain_logits(scorer.model, prompt, token_ids_T)
        hook = zeroed(scorer.model)
        other_TV = plain_logits(scorer.model, prompt, token_ids_T)
        hook.remove()
    expected_BT = distribution_shift(true_TV[None], other_TV[None], distance=distance)
    torch.testing.assert_close(signals.visual_BT[row, :length], expected_BT[0], atol=1e-4, rtol=0)
    assert signals.temporal_BT is None
    assert signals.entropy_BT is None


def test_signed_and_absolute_are_the_same_shift(scorer, mixed_prompts, completions):
    # A request each: its generators move on as they are drawn from.
    signed, _ = token_signals(scorer, build_request(mixed_prompts, completions), KeyTokenConfig(signed=True))
    absolute, _ = token_signals(scorer, build_request(mixed_prompts, completions), KeyTokenConfig())
    torch.testing.assert_close(signed.visual_BT.abs(), absolute.visual_BT)
    torch.testing.assert_close(signed.temporal_BT.abs(), absolute.temporal_BT)
    assert (signed.visual_BT < 0).any()


def test_rows_say_which_signals_they_have(scorer, request_all):
    signals, _ = token_signals(scorer, request_all, KeyTokenConfig())
    # Prompts: two videos, an image, text; rows answer 0, 0, 1, 2, 1, 3, 2.
    assert signals.visual_rows_B.tolist() == [True, True, True, True, True, False, True]
    assert signals.temporal_rows_B.tolist() == [True, True, True, False, True, False, False]
    assert not signals.visual_BT[5].any()
    assert not signals.temporal_BT[3].any()


def test_scores_already_known_are_not_computed_again(scorer, request_all, monkeypatch):
    _, known = token_signals(scorer, request_all, KeyTokenConfig())
    counted = []
    original = CompletionScorer.score
    monkeypatch.setattr(CompletionScorer, "score", lambda *a, **k: counted.append(1) or original(*a, **k))
    _, again = token_signals(scorer, request_all, KeyTokenConfig(), true_scores=known)
    assert again is known
    assert len(counted) == 2


def test_signals_that_are_off_run_nothing(scorer, request_all, monkeypatch):
    _, known = token_signals(scorer, request_all, KeyTokenConfig())
    monkeypatch.setattr(CompletionScorer, "score", None)
    config = KeyTokenConfig(visual_ratio=0, temporal_ratio=0)
    signals, _ = token_signals(scorer, request_all, config, true_scores=known)
    assert signals.visual_BT is None
    assert signals.temporal_BT is None
    assert torch.equal(signals.entropy_BT, known.entropies_BT)
