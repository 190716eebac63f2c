import base64
import io
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.data.clips import write_numbered
from tests.evaluation.results import result, row
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.case_studies import write_cases

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


class Tags(HTMLParser):
    """Counts tags and gathers text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def parsed(path):
    page = Tags()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def two(tmp_path, rows_a, rows_b):
    return [("first", result(tmp_path / "a", rows_a)), ("second", result(tmp_path / "b", rows_b))]


def test_only_questions_that_differ_are_shown_drawn_by_the_seed(tmp_path):
    a = [row(str(i), float(i % 2)) for i in range(20)]
    b = [row(str(i), float(i < 10)) for i in range(20)]
    differing = [str(i) for i in range(20) if (i % 2) != (i < 10)]
    pair = two(tmp_path, a, b)
    shown = [[case.id for case in write_cases(tmp_path / "p.html", pair, 4, seed=seed)] for seed in (0, 0, 1)]
    assert shown[0] == shown[1] != shown[2]
    assert set(shown[0]) <= set(differing)
    assert len(shown[0]) == 4
    everything = write_cases(tmp_path / "p.html", pair, 50)
    assert [case.id for case in everything] == differing
    assert "There are 10 such questions; 50 were asked for." in "".join(parsed(tmp_path / "p.html").text)


def test_replies_stand_side_by_side_taken_apart(tmp_path):
    cut = row("1", 0.0, output="<think>long", truncated=True)
    lost = row("1", 1.0, output=None, state="failed", scores={"video_r1": 1.0, "official": None, "lenient": None})
    (case,) = write_cases(tmp_path / "p.html", two(tmp_path, [cut], [row("1")]), 1)
    first, second = case.replies
    assert (first.model, first.think, first.answer, first.score, first.truncated) == ("first", "long", "", 0.0, True)
    assert (second.model, second.think, second.answer, second.score) == ("second", "so B", "B", 1.0)
    text = "".join(parsed(tmp_path / "p.html").text)
    assert text.index("A. cup") < text.index("Right answer: B") < text.index("first", text.index("Right")) < len(text)
    (alone,) = write_cases(tmp_path / "p.html", [("one", result(tmp_path / "c", [lost]))], 3, mode="official")
    assert (alone.replies[0].score, alone.replies[0].state) == (None, "failed")


def test_frames_are_in_the_page(tmp_path):
    clip = write_numbered(tmp_path / "clip.mp4", 40, size=(640, 320))
    (case,) = write_cases(tmp_path / "p.html", [("m", result(tmp_path / "r", [row("1", path=str(clip))]))], 1)
    # Four seconds at two frames a second.
    assert (len(case.shots), case.trouble) == (8, "")
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', (tmp_path / "p.html").read_text(encoding="utf-8"))
    images = [Image.open(io.BytesIO(base64.b64decode(content))) for content in found]
    assert [(image.format, image.size) for image in images] == [("JPEG", (320, 160))] * 8
    # The right half grows brighter.
    assert images[0].convert("L").getpixel((240, 80)) < images[-1].convert("L").getpixel((240, 80))


def test_an_image_is_shown_whole(tmp_path):
    Image.new("RGB", (100, 50), (200, 10, 10)).save(tmp_path / "i.png")
    rows = [row("1", path=str(tmp_path / "i.png"), data_type="image")]
    (case,) = write_cases(tmp_path / "p.html", [("m", result(tmp_path / "r", rows))], 1)
    assert len(case.shots) == 1


def test_media_that_cannot_be_shown_are_told(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    rows = [row("1"), row("2", path=str(tmp_path / "no.mp4")), row("3", path=str(tmp_path / "bad.mp4"))]
    cases = write_cases(tmp_path / "p.html", [("m", result(tmp_path / "r", rows))], 3)
    assert cases[0].trouble == "the question has no media"
    assert cases[1].trouble == f"media missing: {tmp_path / 'no.mp4'}"
    assert cases[2].trouble.startswith("media cannot be read: ")
    assert f"No frames: media missing: {tmp_path / 'no.mp4'}" in "".join(parsed(tmp_path / "p.html").text)


def hostile(key, text):
    changes = {"problem": text, "options": [text], "gold": text, "groups": {"subtask": text}, "path": None}
    return row(key, 0.0, output=f"<think>{text}</think><answer>{text}</answer>", **changes)


def test_hostile_text_is_text(tmp_path):
    write_cases(tmp_path / "p.html", [(HOSTILE, result(tmp_path / "r", [hostile(HOSTILE, HOSTILE)]))], 1)
    page = parsed(tmp_path / "p.html")
    assert not {"script", "img", "iframe", "link", "a"} & set(page.tags)
    assert "".join(page.text).count(HOSTILE) >= 7
    (policy,) = (value for _, value in page.attributes if value and "default-src" in value)
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert "script-src" not in policy


@settings(max_examples=25, deadline=None)
@given(text=st.text(alphabet="<>&\"'/{}%#!-= \n\ud800abcscript", min_size=1, max_size=30))
def test_no_text_makes_a_tag(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("wild")
    tags = []
    for shown in (text, "plain"):
        write_cases(folder / "p.html", [("m", result(folder / "r", [hostile("1", shown)]))], 1)
        tags.append([tag for tag in parsed(folder / "p.html").tags if tag != "div"])
    assert tags[0] == tags[1]


def test_what_cannot_be_shown_together_is_refused(tmp_path):
    a = ("a", result(tmp_path / "a", [row("1")]))
    groups = {"discipline": "Art", "subject": "Art"}
    b = ("b", result(tmp_path / "b", [row("1", groups=groups)], benchmark="mmvu"))
    with pytest.raises(ConfigError, match="same benchmark"):
        write_cases(tmp_path / "p.html", [a, b], 1)
    with pytest.raises(ConfigError, match="one or two results"):
        write_cases(tmp_path / "p.html", [a, a, a], 1)
    with pytest.raises(DataError, match="shares no question"):
        write_cases(tmp_path / "p.html", [a, ("c", result(tmp_path / "c", [row("2")]))], 1)
