import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from tests.explorer_pages import completion, frames, page
from video_ktr.explorer.page import PARTS, SCRIPTS, STYLES, TEMPLATE, render_page, write_page

HOSTILE = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)>"


class Parsed(HTMLParser):
    """Tags with their attributes, and the text of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.raw = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.raw += [(tag, "")] if tag in ("script", "style") else []

    def handle_data(self, data):
        if self.cdata_elem is not None:
            self.raw[-1] = (self.raw[-1][0], self.raw[-1][1] + data)


@pytest.fixture
def hostile():
    reply = completion([HOSTILE], facts={HOSTILE: HOSTILE})
    return render_page(page(reply, question=HOSTILE, title=HOSTILE, facts={HOSTILE: HOSTILE}, shots=frames(1)))


def policy(parsed):
    content = next(a["content"] for _, a in parsed.tags if a.get("http-equiv") == "Content-Security-Policy")
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in content.split(";"))}


def digest(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_only_the_pages_own_script_and_style_may_run(hostile):
    parsed = Parsed(hostile)
    (_, style), (_, _), (_, script) = parsed.raw
    assert policy(parsed) == {
        "default-src": "'none'",
        "img-src": "data:",
        "script-src": f"'sha256-{digest(script)}'",
        "style-src": f"'sha256-{digest(style)}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_hostile_text_adds_no_tag(hostile):
    harmless = render_page(page(completion(["a"]), title="a"))
    tags = [name for name, _ in Parsed(hostile).tags]
    assert tags == [name for name, _ in Parsed(harmless).tags]
    attributes = {key for _, found in Parsed(hostile).tags for key in found}
    assert not {key for key in attributes if key.startswith("on") or key in ("style", "src", "srcdoc")}
    assert "<script>alert" not in hostile
    assert "<img" not in hostile


def test_text_that_no_file_can_hold_is_written_all_the_same(tmp_path):
    shown = page(completion(["\udc80"]), question="\ud800", title="a\udcff")
    text = write_page(tmp_path / "page.html", shown).read_text(encoding="utf-8")
    assert "<title>a?</title>" in text
    assert '"question":"\\ud800"' in text


def test_the_page_names_no_other_address(hostile):
    assert re.search(r"https?:|//[a-z]|@import|url\(", hostile) is None


def test_every_part_is_used_and_writes_text_only():
    assert {path.name for path in PARTS.iterdir()} == {*SCRIPTS, *STYLES, TEMPLATE}
    for name in SCRIPTS:
        source = (PARTS / name).read_text(encoding="utf-8")
        assert re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", source) is None
        assert len(source.splitlines()) <= 200


def test_the_file_appears_whole(tmp_path):
    shown = page(completion(["a"]))
    path = write_page(tmp_path / "new" / "page.html", shown)
    assert path.read_text(encoding="utf-8") == render_page(shown)
    assert [found.name for found in path.parent.iterdir()] == ["page.html"]
