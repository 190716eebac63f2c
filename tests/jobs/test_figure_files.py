import sys
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from video_ktr.errors import ConfigError
from video_ktr.jobs.figure_files import plain, require_matplotlib, save_figure


def drawn(label="words"):
    figure = Figure()
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, -1], label=plain(label))
    axes.legend()
    return figure


def test_both_formats_are_written_and_equal_figures_give_equal_files(tmp_path):
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files = save_figure(drawn(), tmp_path / name, "plot")
        assert [file.name for file in files] == ["plot.svg", "plot.png"]
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
    assert contents[0][1].startswith(b"\x89PNG")
    assert ET.fromstring(contents[0][0]).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314
    assert b"<dc:date>" not in contents[0][0]


def test_letters_are_outlines_or_text(tmp_path):
    shown = []
    for outlines in (True, False):
        svg, _ = save_figure(drawn(), tmp_path, "plot", outlines=outlines)
        shown.append("words" in "".join(ET.fromstring(svg.read_bytes()).itertext()))  # noqa: S314
    assert shown == [False, True]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a$b$", r"a\$b\$"),
        ("_hidden", " _hidden"),
        ("two\nlines\x1b", "two lines"),
        ("x" * 41, "x" * 37 + "..."),
    ],
)
def test_text_is_drawn_as_it_stands(text, shown):
    assert plain(text, 40) == shown


def test_text_is_cut_only_when_asked():
    assert plain("x" * 41) == "x" * 41


@pytest.mark.parametrize("outlines", [True, False])
def test_markup_and_formulas_in_labels_are_no_markup(tmp_path, outlines):
    svg, _ = save_figure(drawn(r"$\frac{</svg><script>$ --> ]]>"), tmp_path, "p", outlines=outlines)
    root = ET.fromstring(svg.read_bytes())  # noqa: S314
    assert not [element for element in root.iter() if "script" in str(element.tag)]


@pytest.mark.parametrize(("instead", "end"), [("", ""), ("--no-figures", ", or --no-figures")])
def test_without_matplotlib_the_extra_is_named(monkeypatch, instead, end):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match=rf"pip install 'video-ktr\[analysis\]'{end}$"):
        require_matplotlib(instead)
