import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from tests.evaluation.results import result, row
from video_ktr.evaluation.report_figures import draw_frame_scaling, draw_parts
from video_ktr.evaluation.report_table import find_results


@pytest.fixture
def results(tmp_path):
    for frames, right in ((16, 1), (32, 2), (64, 3)):
        rows = [row(str(i), float(i < right), subtask=("SR", "TA")[i % 2]) for i in range(4)]
        result(tmp_path / f"r/{frames}", rows, model=r"_a $\frac$", frames=frames)
    return find_results([tmp_path / "r"])


def texts(path):
    """What is written in an SVG: matplotlib leaves it in comments."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314  # our own file
    tree = ET.fromstring(path.read_text(encoding="utf-8"), parser=parser)  # noqa: S314
    return [node.text.strip() for node in tree.iter() if node.tag is ET.Comment]


def test_scores_over_frames_with_the_published_lines(results, tmp_path):
    svg, png = draw_frame_scaling(results, "video_r1", tmp_path)
    assert (svg.name, png.name) == ("frames.svg", "frames.png")
    written = texts(svg)
    assert {"16", "32", "64", "Video-Holmes", "Video-KTR 7B, published"} <= set(written)
    assert any("frac" in text for text in written)
    assert Image.open(png).size[0] > 300
    again = svg.read_bytes()
    draw_frame_scaling(results, "video_r1", tmp_path)
    assert svg.read_bytes() == again


def test_the_parts_of_a_benchmark(results, tmp_path):
    svg, png = draw_parts(results, "official", tmp_path)
    assert (svg.name, png.name) == ("parts-video_holmes.svg", "parts-video_holmes.png")
    assert {"SR", "TA", "Video-Holmes by subtask", "score, % (official)"} <= set(texts(svg))


def test_nothing_to_draw(tmp_path):
    result(tmp_path / "r", [row("1")], frames=None)
    assert draw_frame_scaling(find_results([tmp_path / "r"]), "video_r1", tmp_path) == []
    assert draw_parts(find_results([tmp_path / "r"]), "strict", tmp_path) == []
