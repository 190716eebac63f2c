import builtins
import xml.etree.ElementTree as ET

import pytest

from video_ktr.analysis.figures import Plot, plain, require_matplotlib, save
from video_ktr.errors import ConfigError


def drawing(label="words"):
    def draw(figure):
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, -1], label=plain(label))
        axes.legend()

    return draw


def test_both_formats_are_written_and_equal_plots_give_equal_files(tmp_path):
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files = save(Plot(name="plot", title="", draw=drawing()), tmp_path / name)
        assert [file.name for file in files] == ["plot.svg", "plot.png"]
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
    assert contents[0][1].startswith(b"\x89PNG")
    assert ET.fromstring(contents[0][0]).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314
    assert b"<dc:date>" not in contents[0][0]


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
    assert plain(text) == shown


def test_markup_and_formulas_in_labels_are_no_markup(tmp_path):
    svg, _ = save(Plot(name="p", title="", draw=drawing(r"$\frac{</svg><script>$ --> ]]>")), tmp_path)
    root = ET.fromstring(svg.read_bytes())  # noqa: S314
    assert not [element for element in root.iter() if "script" in str(element.tag)]


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"pip install 'video-ktr\[analysis\]'"):
        require_matplotlib()
