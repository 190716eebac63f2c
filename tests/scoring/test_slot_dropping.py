from dataclasses import replace

import pytest
import torch

from tests.scoring.oracle import plain_pass
from tests.tiny import random_prompt
from video_ktr.scoring import Completions, CompletionScorer, slot_dropping
from video_ktr.scoring.slot_dropping import slot_drops, slot_starts, without_slot

IDS_T = torch.tensor([40, 17, 133, 60, 91, 12, 155])


@pytest.fixture(scope="module")
def prompt():
    return random_prompt(torch.Generator().manual_seed(3), text=(3, 5), video=(3, 4, 4))


def scored(scorer, view):
    completions = Completions(IDS_T[None], torch.ones(1, len(IDS_T)), [0])
    return scorer.score([view], completions).log_probs_BT[0]


def drops_of(scorer, prompt):
    (view,) = scorer.view([prompt])
    return slot_drops(scorer, view, IDS_T, scored(scorer, view))


def test_drops_equal_the_models_own_pass_with_the_slot_zeroed(tiny_model, prompt):
    drops_TS = drops_of(CompletionScorer(tiny_model), prompt)
    true_T, _ = plain_pass(tiny_model, prompt, IDS_T)
    for slot in range(3):

        def zero(_, __, output, slot=slot):
            features = output.pooler_output.clone()
            features[4 * slot : 4 * slot + 4] = 0  # a slot is 4 x 4 patches, merged by four
            output.pooler_output = features
            return output

        hook = tiny_model.model.visual.register_forward_hook(zero)
        with torch.no_grad():
            dropped_T, _ = plain_pass(tiny_model, prompt, IDS_T)
        hook.remove()
        torch.testing.assert_close(drops_TS[:, slot], true_T - dropped_T, atol=1e-4, rtol=0)
    assert (drops_TS.abs() > 1e-3).any(0).all()


def test_slots_together_equal_each_by_itself(tiny_model, prompt, monkeypatch):
    scorer = CompletionScorer(tiny_model)
    together_TS = drops_of(scorer, prompt)
    monkeypatch.setattr(slot_dropping, "PASS_TOKENS", 1)
    torch.testing.assert_close(drops_of(scorer, prompt), together_TS, atol=2e-5, rtol=0)
    (view,) = scorer.view([prompt])
    alone_T = scored(scorer, view) - scored(scorer, without_slot(view, 1))
    torch.testing.assert_close(together_TS[:, 1], alone_T, atol=2e-5, rtol=0)


def test_a_dropped_slot_moves_nothing_else(tiny_model, prompt):
    (view,) = CompletionScorer(tiny_model).view([prompt])
    dropped = without_slot(view, 1)
    assert torch.equal(dropped.positions_3P, view.positions_3P)
    (before,), (after,) = view.video_features, dropped.video_features
    assert not after[4:8].any()
    assert torch.equal(after[:4], before[:4])
    assert torch.equal(after[8:], before[8:])
    assert before[4:8].any()


def test_slots_are_counted_through_videos_then_images(tiny_model, prompt):
    (view,) = CompletionScorer(tiny_model).view([prompt])
    videos = (torch.ones(4, 2), torch.ones(6, 2))
    both = replace(view, video_features=videos, video_slots=(2, 3), image_features=(torch.ones(4, 2),))
    # Text, a video, an image in the middle, the other video.
    types = [0, 0, *[2] * 4, 0, *[1] * 4, 0, *[2] * 6, 0]
    assert slot_starts(replace(both, mm_types_P=torch.tensor(types))) == [2, 4, 12, 14, 16, 7]
    fourth, sixth = without_slot(both, 3), without_slot(both, 5)
    assert [int(f.sum()) for f in (*fourth.video_features, *fourth.image_features)] == [8, 8, 8]
    assert not fourth.video_features[1][2:4].any()
    assert [int(f.sum()) for f in (*sixth.video_features, *sixth.image_features)] == [8, 12, 0]


def test_what_stands_before_a_run_of_slots_runs_once_for_all_of_it(tiny_model, monkeypatch):
    """Nine slots of 4 tokens behind 3 of text and a bracket: runs of three share 4, 16 and 28 of the prompt's 46."""
    prompt = random_prompt(torch.Generator().manual_seed(3), text=(3, 5), video=(9, 4, 4))
    lengths, plain = [], slot_dropping.hidden_of
    monkeypatch.setattr(
        slot_dropping,
        "hidden_of",
        lambda model, packed: lengths.append(len(packed.embeddings_ND)) or plain(model, packed),
    )
    scorer = CompletionScorer(tiny_model)
    drops_TS = drops_of(scorer, prompt)
    assert lengths == [shared + 3 * (46 - shared + len(IDS_T) - 1) for shared in (4, 16, 28)]
    (view,) = scorer.view([prompt])
    for slot in range(9):
        alone_T = scored(scorer, view) - scored(scorer, without_slot(view, slot))
        torch.testing.assert_close(drops_TS[:, slot], alone_T, atol=2e-5, rtol=0)


def test_an_image_is_one_slot_and_text_has_none(tiny_model):
    generator, scorer = torch.Generator().manual_seed(6), CompletionScorer(tiny_model)
    image = random_prompt(generator, text=(3, 5), image=(1, 4, 4))
    (view,) = scorer.view([image])
    hidden = view.map_features(lambda features, _: torch.zeros_like(features))
    drops_TS = drops_of(scorer, image)
    assert drops_TS.shape == (len(IDS_T), 1)
    torch.testing.assert_close(drops_TS[:, 0], scored(scorer, view) - scored(scorer, hidden), atol=2e-5, rtol=0)
    assert drops_of(scorer, random_prompt(generator, text=(3, 5))) is None


def test_rounding_counts_as_nothing(tiny_model, prompt):
    scorer = CompletionScorer(tiny_model)
    (view,) = scorer.view([prompt])
    # A slot of zeros already: dropping it changes nothing.
    same = without_slot(view, 2)
    drops_TS = slot_drops(scorer, same, IDS_T, scored(scorer, same))
    assert not drops_TS[:, 2].any()


def test_a_reply_of_one_token(tiny_model, prompt):
    scorer = CompletionScorer(tiny_model)
    (view,) = scorer.view([prompt])
    one_T = scored(scorer, view)[:1]
    drops_TS = slot_drops(scorer, view, IDS_T[:1], one_T)
    torch.testing.assert_close(drops_TS, drops_of(scorer, prompt)[:1], atol=2e-5, rtol=0)
