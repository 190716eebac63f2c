import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.evaluation.mmmu_open import gold_entries, open_score


@pytest.mark.parametrize(
    ("output", "gold", "score"),
    [
        ("3.429", "3.43", 1),  # both to two decimals
        ("3.4", "3.43", 0),
        ("The result is 3.43 m", "3.43", 1),
        ("x = 1,200", "1200", 1),  # "=" counts in the last sentence
        ("First 5 come. So 7 stay", "7", 1),
        ("First 5 come. So 7 stay", "5", 0),  # a sentence without an announcing word is no candidate beside one with
        ("5 or 7", "7", 1),  # without any the whole text is
        ("It is a Leaf.", "leaf", 1),
        ("It is a leaflet", "leaf", 1),  # contained
        ("leaf", "leaflet", 0),
        ("It is C", "C", 1),
        ("it clacks", "c", 1),  # " c" begins a word
        ("it sticks", "c", 0),
        ("24/7", "['24/7', '3.429']", 1),
        ("about 3.43", "['24/7', '3.429']", 1),
        ("3.43", "['24/7', '3.429'", 1),  # a list without its end
        ("", "7", 0),
        ("", "leaf", 0),
        ("nan", "7", 0),
    ],
)
def test_open_answers(output, gold, score):
    assert open_score(output, gold) == score


@pytest.mark.parametrize(
    ("gold", "entries"),
    [
        ("x", ["x"]),
        ("['a', '3']", ["a", "3"]),
        ("[1, 2]", ["1", "2"]),
        ("['a', 'b'", ["a", "b"]),
        ("[a, b", ["[a, b"]),
        ("[]", ["[]"]),
    ],
)
def test_right_answers_may_be_a_list_written_as_text(gold, entries):
    assert gold_entries(gold) == entries


@given(st.text(), st.text(min_size=1))
def test_no_text_breaks_it(output, gold):
    assert open_score(output, gold) in {0.0, 1.0}


@pytest.mark.parametrize("piece", ["is ", "answer is so\n", "1,", "9", ". A", "'"])
def test_time_grows_with_the_length_alone(piece):
    start = time.process_time()
    open_score(piece * (200_000 // len(piece)), "[" + piece)
    assert time.process_time() - start < 10
