import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from tests.run_fixtures import HOSTILE
from video_ktr.analysis.figures import Plot
from video_ktr.analysis.report import write_report
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.tables import Table
from video_ktr.errors import ConfigError


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def draw(figure):
    figure.add_subplot().set_title(HOSTILE)


@pytest.fixture
def sections():
    table = Table(name="words", title="Words", columns=("word", HOSTILE), rows=((HOSTILE, 0.123456),), note=HOSTILE)
    plot = Plot(name="plot", title=f'a "{HOSTILE}', draw=draw)
    return [
        Section(id="first", title=f"First {HOSTILE}", text=(HOSTILE,), tables=(table,), plots=(plot,)),
        Section(id="second", title="Second", text=()),
        Missing(title="Third", reason=f"there is no {HOSTILE}"),
    ]


@pytest.fixture
def page(sections, tmp_path):
    return write_report(tmp_path / "out", f"Run {HOSTILE}", sections).read_text(encoding="utf-8")


def test_all_files_are_written(sections, tmp_path):
    assert write_report(tmp_path / "out", "Run", sections) == tmp_path / "out/report.html"
    names = ["files.txt", "plot.png", "plot.svg", "report.html", "words.csv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names


def test_text_of_a_run_stays_text(page):
    assert "<script" not in page
    # Title twice, heading, contents, paragraph, plot twice, column, cell, note, reason.
    assert page.count("&lt;script&gt;alert(1)") == 11
    tags = {tag for tag, _ in Tags(page).found}
    assert not tags & {"script", "iframe", "object", "embed", "link", "svg", "form"}


def test_the_page_asks_nothing_of_the_network_and_its_own_style_is_let_in(page):
    tags = Tags(page).found
    (policy,) = (given["content"] for tag, given in tags if tag == "meta" and "http-equiv" in given)
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)[1]
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    assert policy.split("; ")[:3] == ["default-src 'none'", "img-src data:", f"style-src 'sha256-{allowed}'"]
    links = [given[name] for _, given in tags for name in ("src", "href") if name in given]
    assert links
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in links)


def test_plots_are_the_pictures_that_were_saved(page, tmp_path):
    (source,) = (given["src"] for tag, given in Tags(page).found if tag == "img")
    assert b64decode(source.partition(",")[2]) == (tmp_path / "out/plot.svg").read_bytes()


def test_contents_lead_to_every_section(page):
    tags = Tags(page).found
    places = [given["href"] for tag, given in tags if tag == "a"]
    assert places == ["#first", "#second", "#left-out"]
    assert [f"#{given['id']}" for tag, given in tags if tag == "section"] == places


def test_numbers_are_rounded_in_the_page_alone(page, tmp_path):
    assert "<td>0.1235</td>" in page
    assert "0.123456" in (tmp_path / "out/words.csv").read_text(encoding="utf-8")


def test_what_is_left_out_is_named_only_where_there_is_something(sections, tmp_path):
    assert "left-out" not in write_report(tmp_path, "Run", sections[:2]).read_text(encoding="utf-8")


def test_equal_sections_give_an_equal_page(page, sections, tmp_path):
    again = write_report(tmp_path / "again", f"Run {HOSTILE}", sections)
    assert again.read_text(encoding="utf-8") == page


def test_what_an_earlier_report_wrote_goes_and_other_files_stay(sections, tmp_path):
    write_report(tmp_path, "Run", sections)
    for name in ("mine.csv", "notes.md"):
        (tmp_path / name).write_text("")
    # A list that somebody changed removes neither pages nor what lies elsewhere.
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("")
    with (tmp_path / "files.txt").open("a", encoding="utf-8") as file:
        file.write("in/a.csv\n../in/a.csv\nreport.html\nnotes.md\n")
    write_report(tmp_path, "Run", sections[1:])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("files.txt", "in", "mine.csv", "notes.md", "report.html"),
    ]
    assert (tmp_path / "in" / "a.csv").exists()
    assert (tmp_path / "files.txt").read_text(encoding="utf-8") == ""


def test_a_folder_that_cannot_be_made_is_told(sections, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file: the report cannot go there"):
        write_report(tmp_path / "file", "Run", sections)
