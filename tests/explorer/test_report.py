import re
from html.parser import HTMLParser

import pytest

from video_ktr.errors import DataError
from video_ktr.explorer.report import result_groups, write_report

VOID = {"meta", "line", "circle", "link", "br", "img"}


class Page(HTMLParser):
    """Collects tags, text and attributes, and checks that tags close in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.open and self.open[-1] == "span":
            self.words.append(data)


@pytest.fixture
def page(tmp_path, run_directory, results):
    path = write_report(tmp_path / "out" / "report.html", run=run_directory, completions=3, **results)
    return path.read_text()


def test_hostile_text_stays_text(page):
    parsed = Page(page)
    names = {name for name, _ in parsed.tags}
    assert "script" not in names
    assert not names & {"iframe", "img", "link", "object", "form"}
    assert "<script>alert(1)</script>" in parsed.words
    assert not any(key.startswith("on") for _, attributes in parsed.tags for key in attributes)


def test_nothing_is_asked_of_the_network(page):
    assert re.search(r"https?:|//[a-z]|@import|url\(", page) is None
    policy = next(a["content"] for n, a in Page(page).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_words_carry_their_signals(page):
    classes = [a["class"] for n, a in Page(page).tags if n == "span" and "title" in a]
    assert classes == ["word", "word chosen visual temporal", "word chosen temporal"] * 3


def test_accuracies_curves_and_rewards_are_there(page):
    assert "40.0 %" in page
    assert "30.0 to 50.0" in page
    assert "80.0 %" in page
    assert "95.0" in page
    assert page.count("<polyline") == 4
    assert "accuracy_reward 1.00, format_reward none" in page
    assert "2 steps" in page


def test_evaluations_may_be_missing(tmp_path, run_directory):
    page = write_report(tmp_path / "r.html", run=run_directory).read_text()
    assert "Accuracy" not in page
    assert "<polyline" in page


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(DataError, match="give the output folder of a training run"):
        write_report(tmp_path / "r.html", run=tmp_path)
    assert not (tmp_path / "r.html").exists()


def test_a_type_that_only_one_result_holds_is_kept():
    before = {"overall": 1, "by_type": {"a": 2}}
    after = {"overall": 3, "by_type": {"b": 4}}
    assert result_groups({"before": before, "after": after}) == {
        "all": {"before": 1, "after": 3},
        "a": {"before": 2},
        "b": {"after": 4},
    }
