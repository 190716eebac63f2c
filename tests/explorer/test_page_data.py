import math

import pytest

from tests.explorer_pages import alternatives, completion, page
from video_ktr.explorer.page_data import Frame, Prompt


@pytest.mark.parametrize("words", [[[0]], [[1], [0]], [[0, 1], [1]], [[0], [], [1]], [[0, 1, 2]]])
def test_words_hold_every_token_once_and_in_order(words):
    with pytest.raises(ValueError, match="places of all 2 tokens once and in order"):
        completion(["a", "b"], words=words)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"log_probs": [0.0]}, "log_probs has 1 entries, and 2 are needed"),
        ({"visual_scores": [0.0, math.nan]}, "visual_scores holds a number that is not finite"),
        ({"temporal_log_probs": [0.0, -math.inf]}, "temporal_log_probs holds a number that is not finite"),
        ({"trained": {"union": [True]}}, r"trained\['union'\] has 1 entries"),
        ({"trained": {"any": [True, False]}}, "trained has an entry 'any'"),
        ({"visual_alternatives": [[]]}, "visual_alternatives has 1 entries"),
        ({"temporal_alternatives": [[], alternatives(("a", 0.5, math.nan))]}, "not finite"),
        ({"frame_scores": [[0.0], [0.0, 1.0]]}, "frame_scores has 2 entries, and 1 are needed"),
    ],
)
def test_lists_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        completion(["a", "b"], **changes)


def test_every_frame_needs_a_score_in_its_slot():
    shots = [Frame(seconds=None, image=b"", slot=slot) for slot in (0, 0, 1)]
    scored = completion(["a"], frame_scores=[[0.1]])
    with pytest.raises(ValueError, match="have 1 slots, and the frames belong to 2"):
        Prompt(question="", media="", frames=shots, completions=[scored])
    # A strip may leave frames out, so that slots go unseen.
    assert Prompt(question="", media="", frames=shots[:1], completions=[scored]).completions == [scored]


def test_a_page_needs_replies_and_ratios_that_are_shares():
    with pytest.raises(ValueError, match="a prompt needs a completion"):
        page()
    with pytest.raises(ValueError, match="a page needs a prompt"):
        page(completion(["a"]), prompts=[])
    with pytest.raises(ValueError, match="'visual': 20"):
        page(completion(["a"]), ratios={"visual": 20})
    with pytest.raises(ValueError, match=r"'sight': 0\.2"):
        page(completion(["a"]), ratios={"sight": 0.2})
