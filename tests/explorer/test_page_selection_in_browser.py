"""In Chromium: the words that the controls of the explorer page light are those that Python selects."""

from dataclasses import replace

import pytest
import torch

from tests.explorer_pages import completion, page, random_completion, seeded, set_ratio
from video_ktr.attribution import KeyTokenConfig, TokenSignals, select_key_tokens, top_ratio_mask

SIGNALS = ("visual", "temporal", "entropy")


def marked(view):
    """The places of the words that carry each signal, and of those that learn."""
    return view.evaluate(
        """(names) => Object.fromEntries(names.map((name) => [name,
            [...document.querySelectorAll(`#reply .word.${name}`)].map((word) => Number(word.dataset.word))]))""",
        [*SIGNALS, "learned"],
    )


def selected_in_python(replies, percents, scope, off=()):
    """For each reply what `select_key_tokens` selects, as `marked` gives it."""
    longest = max(len(reply.tokens) for reply in replies)
    valid_BT = torch.tensor([[i < len(reply.tokens) for i in range(longest)] for reply in replies])

    def padded(name):
        rows = [getattr(reply, name) or [] for reply in replies]
        return torch.tensor([row + [0.0] * (longest - len(row)) for row in rows])

    signals = TokenSignals(
        visual_BT=padded("visual_scores"),
        temporal_BT=padded("temporal_scores"),
        entropy_BT=padded("entropy_scores"),
        visual_rows_B=torch.tensor([reply.visual_scores is not None for reply in replies]),
    )
    ratios = {f"{name}_ratio": None if name in off else percents[name] / 100 for name in SIGNALS}
    found = select_key_tokens(signals, valid_BT, KeyTokenConfig(scope=scope, **ratios), group_size=len(replies))
    masks = {name: getattr(found, f"{name}_BT") for name in SIGNALS} | {"learned": found.mask_BT}
    return [
        {name: [] if mask is None else mask[row].nonzero().flatten().tolist() for name, mask in masks.items()}
        for row in range(len(replies))
    ]


@pytest.mark.parametrize("levels", [None, 5], ids=["random", "ties"])
@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_sliders_select_what_python_selects(show, scope, levels):
    random = seeded(3)
    replies = [random_completion(random, length, levels=levels) for length in (37, 1, 60)]
    replies.append(random_completion(random, 21, levels=levels, visual_scores=None))
    view = show(page(*replies, scope=scope))
    shares = [(20, 20, 20), (0, 0, 0), (1, 2, 3), (7, 35, 93), (50, 29, 0), (99, 10, 55), (100, 100, 100)]
    for percents in ({name: share[i] for i, name in enumerate(SIGNALS)} for share in shares):
        for name, percent in percents.items():
            set_ratio(view, name, percent)
        for number, expected in enumerate(selected_in_python(replies, percents, scope)):
            view.evaluate(f"document.querySelectorAll('tr[data-reply]')[{number}].click()")
            assert marked(view) == expected, (percents, number)


@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_every_whole_percent_selects_as_many_as_in_python(show, scope):
    lengths = (1, 3, 10, 29, 100)
    pages = [page(random_completion(seeded(9), length), scope=scope) for length in lengths]
    view = show(replace(pages[0], prompts=[prompt for one in pages for prompt in one.prompts]))
    counts = view.evaluate(
        """(number) => Array.from({ length: number }, (_, at) => {
            document.getElementById("prompt").value = at;
            document.getElementById("prompt").dispatchEvent(new Event("change"));
            const slider = document.getElementById("ratio-visual");
            return Array.from({ length: 101 }, (_, percent) => {
                slider.value = percent;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                return document.querySelectorAll("#reply .visual").length; }); })""",
        len(lengths),
    )
    for length, found in zip(lengths, counts, strict=True):
        scores = torch.arange(float(length))[None]
        masks = [top_ratio_mask(scores, torch.ones_like(scores), p / 100, scope=scope) for p in range(101)]
        assert found == [int(mask.sum()) for mask in masks], length


def test_toggles_and_scope_select_what_python_selects(show):
    random = seeded(4)
    replies = [random_completion(random, 40), random_completion(random, 25)]
    view = show(page(*replies, ratios={"visual": 0.3, "entropy": 0.1}))
    percents = {"visual": 30, "temporal": 20, "entropy": 10}
    assert marked(view) == selected_in_python(replies, percents, "sequence", off=("temporal",))[0]
    view.locator("#on-temporal").check()
    view.locator("#on-visual").uncheck()
    assert marked(view) == selected_in_python(replies, percents, "sequence", off=("visual",))[0]
    view.locator("label", has_text="all replies").click()
    expected = selected_in_python(replies, percents, "group", off=("visual",))[0]
    assert marked(view) == expected
    assert f"{len(expected['learned'])} of 40 tokens learn" in view.locator("#status").text_content()
    view.keyboard.press("t")
    view.keyboard.press("U")
    expected = selected_in_python(replies, percents, "group", off=SIGNALS)[0]
    assert marked(view) == expected == {"visual": [], "temporal": [], "entropy": [], "learned": list(range(40))}
    assert view.locator("tr[data-reply] td:last-child").all_text_contents() == ["100 %"] * 2
    assert "plain GRPO" in view.locator("#status").text_content()


@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_scores_that_only_a_double_tells_apart_are_equal(show, scope):
    # Ascending as doubles; as float32 the first three are the same number, and the earlier token wins.
    scores = [1.0, 1 + 2**-40, 1 + 2**-30, 1 + 2**-20, 0.5]
    replies = [completion(list("abcde"), **{f"{name}_scores": scores for name in SIGNALS})] * 2
    view = show(page(*replies, scope=scope))
    for percent in (20, 40, 60, 80):
        percents = dict.fromkeys(SIGNALS, percent)
        for name in SIGNALS:
            set_ratio(view, name, percent)
        assert marked(view) == selected_in_python(replies, percents, scope)[0], percent


@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_a_ratio_between_two_steps_of_its_slider_selects_what_it_says(show, scope):
    percents = {"visual": 12.5, "temporal": 0.01, "entropy": 33.3}
    replies = [random_completion(seeded(11), length) for length in (1000, 24)]
    view = show(page(*replies, scope=scope, ratios={name: value / 100 for name, value in percents.items()}))
    assert view.locator("output").all_text_contents() == ["12.5 %", "0.01 %", "33.3 %"]
    assert marked(view) == selected_in_python(replies, percents, scope)[0]


def test_a_signal_that_the_reply_lacks_is_not_one_that_is_off(show):
    reply = completion(["a", " b"], visual_scores=[1, 2])
    view = show(page(reply, ratios={"temporal": 0.2}))
    assert marked(view) == {"visual": [], "temporal": [], "entropy": [], "learned": []}
    assert "0 of 2 tokens learn" in view.locator("#status").text_content()


def test_a_word_is_marked_by_any_of_its_tokens(show):
    scores = {"visual_scores": [0, 5, 1, 2], "temporal_scores": [0, 0, 0, 9]}
    tokens = ["A", " tri", "angle", " moves"]
    view = show(page(completion(tokens, words=[[0], [1, 2], [3]], **scores), ratios={"visual": 0.25, "temporal": 0.5}))
    assert view.locator("#reply").inner_text() == "A triangle moves"
    assert marked(view) == {"visual": [1], "temporal": [0, 2], "entropy": [], "learned": [0, 1, 2]}
    assert view.locator("#on-entropy").is_disabled()
    assert "3 of 4 tokens learn: update ratio 75 %" in view.locator("#status").text_content()


def test_what_training_selected_is_shown_until_a_ratio_moves(show):
    trained = {"visual": [False, True, False], "temporal": [False, True, True], "union": [True, False, False]}
    reply = completion(["a", " b", " c"], visual_scores=[3, 2, 1], trained=trained)
    view = show(page(reply, ratios={"visual": 0.3, "temporal": 0.3}))
    assert marked(view) == {"visual": [1], "temporal": [1, 2], "entropy": [], "learned": [0]}
    set_ratio(view, "visual", 40)
    assert view.locator("#mode-live").is_checked()
    assert marked(view) == {"visual": [0, 1], "temporal": [], "entropy": [], "learned": [0, 1]}
    view.locator("label", has_text="as trained").click()
    assert marked(view)["learned"] == [0]


def test_all_ratios_can_move_together(show):
    view = show(page(random_completion(seeded(10), 10), ratios={"visual": 0.2, "temporal": 0.125, "entropy": 0.2}))
    assert view.locator("output").all_text_contents() == ["20 %", "12.5 %", "20 %"]
    view.locator("#together").check()
    set_ratio(view, "entropy", 70)
    assert [len(marked(view)[name]) for name in SIGNALS] == [7, 7, 7]
    assert view.locator("output").all_text_contents() == ["70 %"] * 3


def test_two_thousand_tokens_are_selected_anew_within_100_ms(show):
    view = show(page(random_completion(seeded(6), 2000)))
    times = view.evaluate(
        """() => [80, 10, 70, 5, 60, 15, 90, 20].map((percent) => {
            const slider = document.getElementById("ratio-visual");
            const start = performance.now();
            slider.value = percent;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            document.body.getBoundingClientRect();
            document.querySelector("#reply .word:last-child").getBoundingClientRect();
            return performance.now() - start; })"""
    )
    assert len(marked(view)["visual"]) == 400
    assert min(times) < 100, times
