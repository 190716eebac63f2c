import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.records.token_text import Word
from video_ktr.training.live_table_text import TableRow, table_markdown, table_page

HOSTILE = "<script>alert(1)</script> ![x](http://x.test/y.png) **b** `c` | d [e](f) $x$ {{ 7 }} &lt; 'q' \"r\" # g"


def row(text, signals=("visual", "entropy"), question="what ?"):
    word = Word(space=" ", text=text, signals=signals, scores={})
    plain = Word(space="", text="look", signals=(), scores={})
    return TableRow(question=question, rewards="accuracy 1", advantage="-0.5", words=[plain, word])


class Page(HTMLParser):
    """The tags of a page, and the text of each table cell."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.cells, self.inside = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "td":
            self.cells.append("")
            self.inside = True

    def handle_endtag(self, tag):
        if tag == "td":
            self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.cells[-1] += data


def test_a_selected_word_has_a_colour_and_a_mark_for_each_signal():
    page = Page(table_page(12, [row("red")]))
    assert page.cells == ["what ?", "accuracy 1", "-0.5", "look redᵛᵘ"]
    assert page.tags[-1] == ("span", {"style": "background: #e69f00"})
    markdown = table_markdown([row("red")])
    assert markdown.splitlines()[-1] == "| what ? | accuracy 1 | &#45;0&#46;5 | look **redᵛᵘ** |"


def test_markup_in_questions_and_completions_stays_text_in_the_page():
    page = Page(table_page(1, [row(HOSTILE, question=HOSTILE)]))
    assert "script" not in {tag for tag, _ in page.tags}
    assert not {"img", "a"} & {tag for tag, _ in page.tags}
    assert page.cells[0] == HOSTILE
    assert page.cells[3] == f"look {HOSTILE}ᵛᵘ"
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def shown_by_tensorboard(markdown):
    plugin_util = pytest.importorskip("tensorboard.plugin_util")
    return Page(plugin_util.markdown_to_safe_html(markdown))


def test_tensorboard_shows_markup_as_text():
    page = shown_by_tensorboard(table_markdown([row(HOSTILE, question=HOSTILE)]))
    assert {tag for tag, _ in page.tags} == {"table", "thead", "tbody", "tr", "th", "td", "strong"}
    assert page.cells == [HOSTILE, "accuracy 1", "-0.5", f"look {HOSTILE}ᵛᵘ"]


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), st.text(max_size=20))
def test_tensorboard_shows_any_text_as_it_is(text, question):
    page = shown_by_tensorboard(table_markdown([row(text, question=question)]))
    assert len(page.cells) == 4
    assert page.cells[3] == f"look {text}ᵛᵘ"
    assert not {tag for tag, _ in page.tags} - {"table", "thead", "tbody", "tr", "th", "td", "strong"}
    assert re.sub(r"\s", "", page.cells[1]) == "accuracy1"
