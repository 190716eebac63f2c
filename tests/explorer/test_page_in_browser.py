"""The explorer page as a reader uses it, in Chromium."""

from dataclasses import replace

import pytest

from tests.explorer_pages import (
    SCORES,
    alternatives,
    completion,
    frames,
    page,
    random_completion,
    seeded,
    set_ratio,
)
from video_ktr.explorer.page import write_page

HOSTILE = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"


@pytest.fixture
def detailed():
    """A picture's word of two tokens that hangs on the second of four slots."""
    return completion(
        ["The", " tri", "angle"],
        words=[[0], [1, 2]],
        log_probs=[0.0, -0.6931472, 0.0],
        visual_log_probs=[0.0, -2.3025851, 0.0],
        temporal_log_probs=[0.0, -1.3862944, 0.0],
        **{name: [0.0, 1.25, 0.5] for name in SCORES},
        visual_alternatives=[[], alternatives((" tri", 0.5, 0.1), (HOSTILE, 0.01, 0.61)), []],
        temporal_alternatives=[[], alternatives((" star", 0.125, 0.25)), []],
        frame_scores=[[0, 0, 0, 0], [0.5, 2.5, 0, -0.1], [-1.0, 1, 0, 0.05]],
    )


def test_hover_shows_scores_and_probabilities(show, detailed):
    view = show(page(detailed))
    card = view.locator("#card")
    assert card.is_hidden()
    view.locator("#reply .word", has_text="triangle").hover()
    text = card.inner_text()
    assert text.split() == [
        *("triangle", "token", "␣tri"),
        *("V", "visual", ",", "selected", "1.25", "with", "video", "50", "%", "without", "10", "%"),
        *("T", "temporal", ",", "selected", "1.25", "in", "order", "50", "%", "shuffled", "25", "%"),
        *("U", "uncertain", ",", "selected", "1.25"),
        *("token", "angle", "V", "visual", "0.50", "with", "video", "100", "%", "without", "100", "%"),
        *("T", "temporal", "0.50", "in", "order", "100", "%", "shuffled", "100", "%", "U", "uncertain", "0.50"),
    ]
    assert view.locator("#reply .word", has_text="triangle").get_attribute("aria-describedby") == "card"
    view.locator("h1").hover()
    assert card.is_hidden()


def test_click_pins_a_word_and_lights_its_frames(show, detailed):
    view = show(page(detailed, shots=frames(8)))
    word = view.locator("#reply .word", has_text="triangle")
    word.click()
    assert word.get_attribute("aria-selected") == "true"
    tables = view.locator("#pinned-body .alternatives")
    assert tables.locator("caption").all_text_contents() == [
        *("V Without the video at ␣tri", "V Without the video at angle"),
        *("T With frames out of order at ␣tri", "T With frames out of order at angle"),
    ]
    assert [row.split("\t")[:3] for row in tables.first.locator("tbody tr").all_inner_texts()] == [
        ["␣tri drawn", "50 %", "10 %"],
        [HOSTILE.replace(" ", "␣"), "1.0 %", "61 %"],
    ]
    assert tables.nth(2).locator("tbody td").all_text_contents()[:2] == ["13 %", "25 %"]
    # Of the two tokens the one that changes most, slot by slot: 0.5 or -1.0, 2.5 or 1, 0 or 0, -0.1 or 0.05.
    assert view.locator(".heat").all_text_contents() == ["\u22121.00", "+2.50", "+0.00", "\u22120.10"]
    heats = view.locator(".slot").evaluate_all("(slots) => slots.map((slot) => slot.style.getPropertyValue('--heat'))")
    assert [float(heat) for heat in heats] == [0.4, 1, 0, 0.04]
    assert view.locator(".slot.strongest").evaluate("(slot) => slot.dataset.slot") == "1"
    assert view.locator(".slot.against").count() == 2
    word.click()
    assert view.locator(".heat").all_text_contents() == [""] * 4
    assert view.locator("#pinned-body .alternatives").count() == 0


def test_frames_of_a_word_that_hangs_on_none_stay_dim(show):
    rows = [[0.05, -0.002], [0.0, 0.0]]
    view = show(page(completion(["a", " b"], frame_scores=rows), shots=frames(4)))
    heats = "(slots) => slots.map((slot) => Number(slot.style.getPropertyValue('--heat')))"
    for word, expected in ((0, [0.5, 0.02]), (1, [0, 0])):
        view.locator("#reply .word").nth(word).click()
        assert view.locator(".slot").evaluate_all(heats) == pytest.approx(expected)
    assert view.locator(".strongest").count() == 0


def test_keys_move_between_words_and_pin_them(show):
    view = show(page(random_completion(seeded(5), 60)), viewport={"width": 700, "height": 700})
    focused = "document.activeElement.dataset.word"
    view.locator("#reply .word").first.focus()
    for key, place in (("ArrowRight", "1"), ("ArrowRight", "2"), ("ArrowLeft", "1"), ("End", "59"), ("Home", "0")):
        view.keyboard.press(key)
        assert view.evaluate(focused) == place
    assert view.locator("#card").is_visible()
    view.keyboard.press("ArrowDown")
    below = int(view.evaluate(focused))
    tops = view.locator("#reply .word").evaluate_all("(words) => words.map((word) => word.getBoundingClientRect().top)")
    assert tops[below] > tops[0]
    assert sorted({round(top) for top in tops}).index(round(tops[below])) == 1
    view.keyboard.press("Enter")
    assert view.locator("#reply .word[aria-selected='true']").get_attribute("data-word") == str(below)
    view.keyboard.press("Escape")
    assert view.locator("#reply .word[aria-selected='true']").count() == 0
    assert view.locator("#card").is_hidden()
    assert view.locator("#reply .word[tabindex='0']").count() == 1


def test_hostile_text_stays_inert(show):
    reply = completion([HOSTILE, " &amp;", "</script>"], facts={HOSTILE: HOSTILE}, visual_scores=[1, 2, 3])
    view = show(page(reply, reply, question=HOSTILE, title=HOSTILE, facts={"model": HOSTILE}))
    view.locator("#reply .word").first.click()
    assert view.title() == HOSTILE
    assert view.locator("#question").text_content() == HOSTILE
    assert view.locator("#reply").text_content() == f"{HOSTILE} &amp;</script>"
    assert view.locator("img, script:not(#data):not(:last-of-type)").count() == 0


def test_odd_characters_neither_break_the_page_nor_turn_text_around(show):
    odd = "a\u202eb\u2066c\u2028\u0000\ud800</script><!--" + "x" * 20_000
    reply = completion([odd, "\u2028", " end"], facts={"answer": odd}, visual_scores=[1, 2, 3])
    view = show(page(reply, reply, question=odd, title=f"a\u202eb{HOSTILE}"), viewport={"width": 600, "height": 600})
    for place in ("#question", "#reply", "#replies-table", "#prompt", "#title", "title"):
        text = view.locator(place).text_content()
        assert "a[U+202E]b" in text, place
        assert not set(text) & set("\u202e\u2066"), place
    for place in range(3):
        view.locator("#reply .word").nth(place).dispatch_event("click")
    assert view.locator("#reply .word[aria-selected='true']").text_content() == "end"
    assert view.evaluate("document.documentElement.scrollWidth") <= 600


def test_the_policy_stops_other_scripts(chromium, tmp_path):
    path = write_page(tmp_path / "page.html", page(completion(["a"])))
    path.write_text(path.read_text().replace("</body>", "<script>document.title = 'taken'</script></body>"))
    view = chromium.new_page()
    told = []
    view.on("console", lambda message: told.append(message.text))
    view.goto(path.as_uri())
    assert view.title() == "Explorer"
    assert any("Content Security Policy" in text for text in told)
    view.close()


def test_prompts_and_replies_can_be_browsed(show):
    first = page(completion(["one"], facts={"reward": "1.00"}), completion(["two"], facts={"reward": "0.00"}))
    second = page(completion(["three"]), question="And then?", shots=frames(3, per_slot=1))
    noted = replace(first.prompts[0], note="the file is gone")
    view = show(replace(first, prompts=[noted, *second.prompts]))
    assert view.locator("#media").text_content() == "clip.mp4 · the file is gone"
    assert view.locator("tr[data-reply] td").all_text_contents() == ["1.00", "1", "0.0 %", "0.00", "1", "0.0 %"]
    view.get_by_role("button", name="Reply 2").click()
    assert view.locator("#reply").text_content() == "two"
    view.get_by_role("button", name="Next prompt").click()
    assert view.locator("#question").text_content() == "And then?"
    assert view.locator("#reply").text_content() == "three"
    assert view.locator("#frames img").evaluate_all("(found) => found.map((img) => img.naturalWidth)") == [96] * 3
    assert view.locator("figcaption").all_text_contents() == ["0.0 s", "0.5 s", "1.0 s"]
    assert view.locator("#replies").is_hidden()
    view.locator("#prompt").select_option("0")
    assert view.locator("#reply").text_content() == "one"


def test_top_words_follow_the_selection(show):
    tokens = ["Red", " red", ",", " blue", " end"]
    view = show(page(completion(tokens, visual_scores=[5, 4, 3, 2, 1], temporal_scores=[0, 0, 0, 9, 0])))
    rows = view.locator("#top tbody tr")
    assert [text.split() for text in rows.all_inner_texts()] == [
        ["blue", "·", "1", "·", "1", "of", "1"],
        ["red", "1", "·", "·", "1", "of", "2"],
    ]
    set_ratio(view, "visual", 40)
    assert rows.first.inner_text().split() == ["red", "2", "·", "·", "2", "of", "2"]
    view.get_by_role("button", name="Sort by temporal").click()
    assert [text.split()[0] for text in rows.all_inner_texts()] == ["blue"]
    rows.first.locator("button").click()
    assert view.evaluate("document.activeElement.textContent") == "blue"


def test_top_words_of_all_replies_to_the_prompt(show):
    replies = [completion(["Red", " end"], visual_scores=[2, 1]), completion([" red", " ."], visual_scores=[2, 1])]
    view = show(page(*replies))
    assert view.locator("#top tbody tr").inner_text().split() == ["red", "1", "·", "·", "1", "of", "1"]
    view.locator("#top-of").select_option("group")
    assert view.locator("#top tbody tr").inner_text().split() == ["red", "2", "·", "·", "2", "of", "2"]


def test_letters_say_without_colour_what_marks_a_word(show):
    view = show(page(completion(["a"], visual_scores=[1], entropy_scores=[1])))
    letters = "getComputedStyle(document.querySelector('#reply .word'), '::after').content"
    assert view.evaluate(letters) == "none"
    view.locator("#letters").check()
    assert view.evaluate(letters) == '"vu"'


def test_light_and_dark(show):
    view = show(page(random_completion(seeded(7), 5)), color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = view.evaluate(ground)
    view.get_by_role("button", name="Change to light colours").click()
    light = view.evaluate(ground)
    brightness = [sum(map(int, colour[4:-1].split(","))) for colour in (dark, light)]
    assert brightness[0] < 150
    assert brightness[1] > 600


def test_a_reply_without_tokens_is_shown_empty(show):
    view = show(page(completion([]), random_completion(seeded(8), 4)))
    assert view.locator("#reply").text_content() == ""
    assert "0 of 0 tokens" in view.locator("#status").text_content()
