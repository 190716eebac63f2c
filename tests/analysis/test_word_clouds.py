import sys

import numpy as np
import pytest
from wordcloud import WordCloud

from video_ktr.analysis.figures import save
from video_ktr.analysis.run_data import read_run
from video_ktr.analysis.sections import Missing
from video_ktr.analysis.word_clouds import cloud_section, drawn_cloud
from video_ktr.errors import ConfigError


@pytest.fixture
def run_of(make_run):
    return lambda *records, name="ours": read_run(make_run(name, records))


def test_equal_counts_give_equal_pixels():
    counts = {"triangle": 5, "red": 3, "now": 3, "$x_": 1, "<b>": 1}
    pixels = drawn_cloud(counts, WordCloud)
    assert pixels.shape == (800, 1400, 3)
    assert pixels.dtype == np.uint8
    assert pixels.min() < 250
    turned = dict(reversed(counts.items()))
    assert np.array_equal(pixels, drawn_cloud(turned, WordCloud))


def test_both_clouds_are_drawn(run_of, record, tmp_path):
    one = record(0, "q", [" red", " triangle", " is", " now", " red", "<|im_end|>"], visual=[0], entropy=[1, 5])
    section = cloud_section(run_of(one), None)
    assert [plot.name for plot in section.plots] == ["words_selected", "words_unselected"]
    # red and triangle; is, now, and the second red
    assert section.tables[0].rows == (("selected", 2, 2), ("not selected", 3, 3))
    for plot in section.plots:
        for file in save(plot, tmp_path):
            assert file.stat().st_size > 1000


def test_a_cloud_without_words_is_left_out(run_of, record):
    section = cloud_section(run_of(record(0, "q", [" red"], visual=[0])), None)
    assert [plot.name for plot in section.plots] == ["words_selected"]
    assert section.tables[0].rows[1] == ("not selected", 0, 0)


def test_the_other_run_has_clouds_of_its_own(run_of, record):
    run, other = (run_of(record(0, "q", [" red", " is"], visual=[0]), name=name) for name in ("ours", "theirs"))
    titles = {plot.name: plot.title for plot in cloud_section(run, other).plots}
    assert titles["words_selected"] == "Selected words: ours"
    assert titles["words_unselected_other"] == "Unselected words: theirs"


def test_no_word_at_all(run_of, record):
    missing = cloud_section(run_of(record(0, "q", ["<think>", " ..."], visual=[0])), None)
    assert isinstance(missing, Missing)
    assert "no words" in missing.reason


def test_a_missing_package_is_named(run_of, record, monkeypatch):
    monkeypatch.setitem(sys.modules, "wordcloud", None)
    with pytest.raises(ConfigError, match=r"pip install 'video-ktr\[analysis\]'"):
        cloud_section(run_of(record(0, "q", [" red"])), None)
