import pytest

from video_ktr.rewards.row_scores import score_rows

COLUMNS = (["x", [{"role": "assistant", "content": "y"}], "z"], ["<answer> B </answer>", "", None], ["a", "b", "b"])


def joined(text, truth, kind):
    """A score that shows what it was made from: the code of the text's letter, when there is a truth."""
    assert kind in "ab"
    return float(ord(text)) if truth else None


def test_each_row_is_scored_from_text_bare_answer_and_its_own_type():
    logged = []
    assert score_rows(joined, *COLUMNS, lambda *pair: logged.append(pair)) == [120.0, None, None]
    assert logged == [("unscorable", pytest.approx(2 / 3))]


def test_rows_of_other_types_are_neither_scored_nor_counted():
    logged = []
    assert score_rows(joined, *COLUMNS, lambda *pair: logged.append(pair), only="a") == [120.0, None, None]
    assert score_rows(joined, *COLUMNS, lambda *pair: logged.append(pair), only="b") == [None, None, None]
    assert score_rows(joined, *COLUMNS, lambda *pair: logged.append(pair), only="c") == [None, None, None]
    assert logged == [("unscorable", 0.0), ("unscorable", 1.0)]


def test_no_rows_and_no_log():
    assert score_rows(joined, [], [], [], None) == []
    with pytest.raises(ValueError, match="shorter"):
        score_rows(joined, ["x"], [], [], None)
