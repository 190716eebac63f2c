import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.analysis.run_data import read_run
from video_ktr.analysis.sections import Missing
from video_ktr.analysis.word_lift import lift_section, word_lifts

counts = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50), max_size=6)


def test_two_words_by_hand():
    # 4 selected words and 4 others, 4 prior words: a = 4 * 4 / 8 = 2 for each of the two.
    red, cross = word_lifts({"red": 3, "cross": 1}, {"red": 1, "cross": 3}, prior_words=4)
    # red: ln(5 / 3) - ln(3 / 5), with a deviation of sqrt(1 / 5 + 1 / 3).
    assert (red.word, red.selected, red.rest) == ("red", 3, 1)
    assert red.log_odds == pytest.approx(2 * math.log(5 / 3))
    assert red.z == pytest.approx(2 * math.log(5 / 3) / math.sqrt(8 / 15))
    assert (cross.log_odds, cross.z) == pytest.approx((-red.log_odds, -red.z))


def test_a_word_never_left_out_has_finite_odds():
    # a_red = 6 * 2 / 6 = 2, a_rest = 4: ln(4 / 4) - ln(2 / 8).
    lifts = {lift.word: lift for lift in word_lifts({"red": 2}, {"the": 4}, prior_words=6)}
    assert lifts["red"].log_odds == pytest.approx(math.log(4))
    assert lifts["red"].z == pytest.approx(math.log(4) / math.sqrt(1 / 4 + 1 / 2))


def test_often_and_one_sided_beats_once_and_one_sided():
    lifts = word_lifts({"often": 30, "once": 1, "the": 70}, {"the": 100}, prior_words=50)
    assert [lift.word for lift in lifts] == ["often", "once", "the"]


@given(st.integers(0, 5000), st.floats(10, 5000))
def test_z_of_a_word_seen_once_is_small(others, prior_words):
    once = next(lift for lift in word_lifts({"once": 1, "a": 9}, {"b": others + 1}, prior_words) if lift.word == "once")
    assert abs(once.z) < 1.5


def test_one_word_has_no_odds():
    assert word_lifts({"red": 3}, {"red": 1}) == word_lifts({}, {}) == []


@given(counts, counts)
def test_the_other_side_is_the_negative(selected, rest):
    there = {lift.word: lift.z for lift in word_lifts(selected, rest)}
    back = {lift.word: -lift.z for lift in word_lifts(rest, selected)}
    assert there == pytest.approx(back)
    values = list(there.values())
    assert values == sorted(values, reverse=True)


def test_the_tables_of_a_run(run_directory):
    run = read_run(run_directory)
    section = lift_section(run, None)
    tables = {table.name: table for table in section.tables}
    # Each completion is " red", " <script>alert(1)</script>", " cross": tags are no words, alert and 1 are.
    # Visual selected the token between, temporal the last one too; a sixth completion has no visual scores.
    assert list(tables) == ["word_lift_visual", "word_lift_temporal"]
    assert [row[:3] for row in tables["word_lift_visual"].rows] == [("1", 5, 0), ("alert", 5, 0)]
    assert [row[0] for row in tables["word_lift_temporal"].rows] == ["1", "alert", "cross"]
    assert "6 recorded completions" in section.text[-1]
    both = lift_section(run, read_run(run_directory, "other"))
    assert [table.name for table in both.tables][2:] == ["word_lift_visual_other", "word_lift_temporal_other"]


def test_a_run_without_what_it_needs(run_directory):
    for file in (run_directory / "tokens").iterdir():
        file.unlink()
    missing = lift_section(read_run(run_directory), None)
    assert isinstance(missing, Missing)
    assert "token_record_rate" in missing.reason
