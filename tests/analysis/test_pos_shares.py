import pytest

from video_ktr.analysis.figures import save
from video_ktr.analysis.parts_of_speech import PatternTagger
from video_ktr.analysis.pos_shares import UNSELECTED, pos_counts, pos_section
from video_ktr.analysis.run_data import read_run
from video_ktr.analysis.sections import Missing


@pytest.fixture
def run_of(make_run):
    return lambda *records, name="ours": read_run(make_run(name, records))


@pytest.fixture
def one(record):
    """DET ADJ NOUN, AUX PART VERB, PUNCT and markup; "does" and "n't" are one token, "triangle" is two."""
    tokens = ["<think>", "The", " red", " tri", "angle", " is", "n't", " stopping", ".", "<|im_end|>"]
    return record(0, "q", tokens, visual=[3, 9], temporal=[7, 6], entropy=[2, 8])


def test_counts_by_hand(one):
    counts = pos_counts([one], PatternTagger())
    assert {name: dict(part.chosen) for name, part in counts.items()} == {
        "visual": {"NOUN": 1},
        "temporal": {"VERB": 1, "PART": 1},
        "entropy": {"ADJ": 1, "PUNCT": 1},
        UNSELECTED: {"DET": 1, "AUX": 1},
    }
    assert counts["visual"].base == dict.fromkeys(("DET", "ADJ", "NOUN", "AUX", "PART", "VERB", "PUNCT"), 1)
    assert counts["temporal"].share("VERB") == 0.5
    assert counts["temporal"].ratio("VERB") == pytest.approx(3.5)
    assert counts["temporal"].ratio("NUM") is None


def test_the_base_is_what_had_the_signal(record, one):
    image = record(0, "q", [" One", " red", " cross"], visual=[1], temporal_score=None, temporal_selected=[False] * 3)
    counts = pos_counts([one, image], PatternTagger())
    assert counts["temporal"].base.total() == 7
    assert counts["visual"].base.total() == counts[UNSELECTED].base.total() == 10


def test_one_token_over_two_pieces_selects_both(record):
    counts = pos_counts([record(0, "q", ["It", " doesn't", " move", "!"], visual=[1])], PatternTagger())
    assert counts["visual"].chosen == {"VERB": 1, "PART": 1}


def test_tables_and_plot(run_of, one, record, tmp_path):
    equal = record(0, "q", [" red"], visual_score=None, temporal_score=None, entropy_score=None)
    section = pos_section(run_of(one, equal), run_of(one, name="theirs"), PatternTagger())
    tables = {table.name: table for table in section.tables}
    shares = tables["parts_of_speech"]
    assert shares.columns == ("part of speech", "all", "visual", "temporal", "entropy", "unselected")
    assert [row[0] for row in shares.rows] == ["NOUN", "VERB", "AUX", "ADJ", "DET", "PART", "PUNCT"]
    assert shares.rows[1] == ("VERB", pytest.approx(1 / 7), 0, 0.5, 0, 0)
    assert tables["parts_of_speech_ratios"].rows[-1][1:] == (1, 0, 0, pytest.approx(3.5), 0)
    assert tables["parts_of_speech_counts"].rows[-1] == ("total", 7, 1, 2, 2, 2)
    assert "theirs" in tables["parts_of_speech_other"].title
    assert PatternTagger.note in " ".join(section.text)
    assert "the 1 recorded completions" in section.text[-1]
    assert all(file.stat().st_size > 1000 for file in save(section.plots[0], tmp_path))


def test_a_signal_that_selected_nothing_has_no_shares(run_of, record):
    section = pos_section(run_of(record(0, "q", [" red"], visual=[0])), None, PatternTagger())
    assert section.tables[0].rows == (("ADJ", 1, 1, None, None, None),)
    assert section.tables[1].rows == (("ADJ", 1, 1, None, None, None),)


def test_a_run_without_words(run_of, record):
    empty = pos_section(run_of(), None, PatternTagger())
    assert isinstance(empty, Missing)
    assert "token_record_rate" in empty.reason
    markup = pos_section(run_of(record(0, "q", ["<think>"], visual=[0]), name="markup"), None, PatternTagger())
    assert isinstance(markup, Missing)
    assert "no words" in markup.reason
