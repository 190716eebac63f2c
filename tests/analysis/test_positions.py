import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.run_fixtures import token_record
from video_ktr.analysis.figures import save
from video_ktr.analysis.positions import bins_of, position_section, positions_of
from video_ktr.analysis.run_data import read_run


def test_the_bin_rule_by_hand():
    assert bins_of(3, 2).tolist() == [0, 0, 1]
    assert bins_of(5, 2).tolist() == [0, 0, 0, 1, 1]
    assert bins_of(2, 4).tolist() == [0, 2]
    assert bins_of(1, 20).tolist() == [0]


@given(st.integers(1, 500), st.integers(1, 30))
def test_bins_rise_from_0_and_hold_tokens_evenly(length, bins):
    found = bins_of(length, bins).tolist()
    assert found == [int(bins * t / length + 1e-12) for t in range(length)]
    assert found == sorted(found)
    counts = [found.count(bin_) for bin_ in range(bins)]
    assert max(counts) - min(counts) <= 1


def test_shares_by_hand():
    # Bins of two: A has tokens 0 1 | 2 3, B has 0 1 2 | 3 4.
    records = [
        token_record(0, "A", list("abcd"), visual=[0, 1], entropy=[2]),
        token_record(0, "B", list("abcde"), visual=[4], entropy=[]),
    ]
    found = positions_of(records, 2)
    assert found.tokens == [5, 4]
    assert [share.value for share in found.shares["visual"]] == pytest.approx([2 / 5, 1 / 4])
    assert [share.value for share in found.shares["entropy"]] == pytest.approx([0, 1 / 4])
    assert [share.value for share in found.shares["updated"]] == pytest.approx([2 / 5, 2 / 4])
    # First bin: R = 2/5, residuals 2 - 0.8 and 0 - 1.2, standard error sqrt(2 * 2 * 1.44) / 5 = 0.48.
    first = found.shares["visual"][0]
    assert (first.low, first.high) == (0, 1)
    # Second bin of what was updated: one of two in both questions.
    assert found.shares["updated"][1].low is None


def test_an_empty_bin_has_no_share_and_a_signal_that_was_off_no_line():
    found = positions_of([token_record(0, "A", ["a", "b"], visual=[1], temporal_selected=None)], 4)
    assert found.tokens == [1, 0, 1, 0]
    assert [share.value for share in found.shares["updated"]] == [0, None, 1, None]
    assert list(found.shares) == ["visual", "entropy", "updated"]


def test_the_section_and_its_picture(make_run, tmp_path):
    run = read_run(make_run("ours", [token_record(0, q, list("abcd"), visual=[0]) for q in "AB"]))
    other = read_run(make_run("other", [token_record(0, "A", list("abcd"), entropy=[3])]))
    section = position_section(run, other, bins=2)
    assert "floor(2 t / n)" in section.text[0]
    ours, others = section.tables
    assert ours.columns[:7] == ("bin", "from", "to", "tokens", "visual", "visual low", "visual high")
    assert ours.rows[0][:7] == (0, 0.0, 0.5, 4, 0.5, None, None)
    assert others.name == "positions_other"
    assert others.rows[1][others.columns.index("updated")] == 0.5
    assert [file.name for file in save(section.plots[0], tmp_path)] == ["positions.svg", "positions.png"]


def test_without_records_the_reason_is_told(make_run):
    assert "token_record_rate" in position_section(read_run(make_run("a")), None).reason
