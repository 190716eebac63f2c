import pytest
import torch

from tests.tiny import random_prompt
from video_ktr.attribution import KeyTokenConfig, TokenSignals, log_prob_shift, select_key_tokens
from video_ktr.errors import ConfigError
from video_ktr.evaluation.explaining import SIGNALS, explain_tokens, require_explainable, score_reply
from video_ktr.scoring import Completions, CompletionScorer
from video_ktr.scoring.counterfactual import reorder_video
from video_ktr.toyworld.processor import build_tokenizer

TOKENIZER = build_tokenizer()
CONFIG = KeyTokenConfig(visual_ratio=0.25, temporal_ratio=0.25, entropy_ratio=0.25)
TOKEN_IDS = [40, 17, 133, 60, 91, 12, 155, 170, 77, 23, 145, 6]


def explain(scorer, prompt, config=CONFIG, **settings):
    scored = score_reply(scorer, prompt, TOKEN_IDS, config, seed=5, **settings)
    return explain_tokens(TOKENIZER, TOKEN_IDS, scored, config)


def column(tokens, name):
    return torch.tensor([[getattr(token, name) for token in tokens]])


def test_scores_and_key_tokens_are_those_of_the_plain_scorer(tiny_model):
    prompt = random_prompt(torch.Generator().manual_seed(3), text=(3, 5), video=(4, 4, 4), num_frames=8)
    scorer = CompletionScorer(tiny_model)
    tokens = explain(scorer, prompt)
    ids_BT = torch.tensor([TOKEN_IDS])
    completions = Completions(ids_BT, torch.ones_like(ids_BT), [0])
    views = scorer.view([prompt])
    hidden = [view.map_features(lambda features, _: torch.zeros_like(features)) for view in views]
    moved = reorder_video(scorer, [prompt], views, CONFIG, [torch.Generator().manual_seed(5)]).views
    true, without, otherwise = (scorer.score(each, completions) for each in (views, hidden, moved))
    signals = TokenSignals(
        visual_BT=log_prob_shift(true.log_probs_BT, without.log_probs_BT),
        temporal_BT=log_prob_shift(true.log_probs_BT, otherwise.log_probs_BT),
        entropy_BT=true.entropies_BT,
    )
    torch.testing.assert_close(column(tokens, "visual"), signals.visual_BT, atol=2e-5, rtol=0)
    torch.testing.assert_close(column(tokens, "temporal"), signals.temporal_BT, atol=2e-5, rtol=0)
    torch.testing.assert_close(column(tokens, "entropy"), signals.entropy_BT)
    keys = select_key_tokens(signals, completions.mask_BT, CONFIG)
    for name in SIGNALS:
        chosen = [[name in token.key for token in tokens]]
        assert chosen == getattr(keys, f"{name}_BT").tolist()
        assert sum(chosen[0]) == 3
    assert [token.id for token in tokens] == TOKEN_IDS
    assert "".join(token.text for token in tokens) == TOKENIZER.decode(TOKEN_IDS, skip_special_tokens=True)


def test_views_that_are_known_change_nothing(tiny_model):
    prompt = random_prompt(torch.Generator().manual_seed(4), text=(3, 5), video=(3, 4, 4))
    scorer = CompletionScorer(tiny_model)
    assert explain(scorer, prompt, views=scorer.view([prompt])) == explain(scorer, prompt)


def test_an_image_has_no_temporal_score_and_text_alone_has_entropy(tiny_model):
    generator, scorer = torch.Generator().manual_seed(6), CompletionScorer(tiny_model)
    image = explain(scorer, random_prompt(generator, text=(3, 5), image=(1, 4, 4)))
    text = explain(scorer, random_prompt(generator, text=(3, 5)))
    assert all(token.temporal is None and token.visual is not None for token in image)
    assert all(token.temporal is None and token.visual is None and token.entropy > 0 for token in text)
    assert {name for token in text for name in token.key} == {"entropy"}


def test_a_signal_that_is_off_selects_nothing(tiny_model):
    prompt = random_prompt(torch.Generator().manual_seed(4), text=(3, 5), video=(3, 4, 4))
    tokens = explain(CompletionScorer(tiny_model), prompt, KeyTokenConfig(visual_ratio=None))
    assert all(token.visual is None and "visual" not in token.key for token in tokens)


def test_a_counterfactual_of_other_videos_is_refused():
    with pytest.raises(ConfigError, match="'replace' needs other questions' videos"):
        require_explainable(KeyTokenConfig(visual_perturbation="replace"))


@pytest.mark.parametrize("setting", [{"control": "random"}, {"ratio_rule": "adaptive"}])
def test_what_only_training_has_is_refused(setting):
    with pytest.raises(ConfigError, match=f"{next(iter(setting))} .* belongs to training"):
        require_explainable(KeyTokenConfig(**setting))
