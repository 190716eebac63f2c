import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.study.comparison_tables import (
    comparison_table,
    power_table,
    sentence,
    settings_table,
    start_table,
    type_table,
)
from video_ktr.study.comparisons import Comparison
from video_ktr.study.differences import Difference

ONE = Comparison(
    measure="accuracy",
    arm="ktr",
    reference="grpo",
    pairs=10,
    difference=0.031,
    low=0.012,
    high=0.05,
    p=0.004,
    corrected=0.02,
    reachable=0.01,
    deviation=0.03,
    detectable=0.04,
)


def test_a_shown_difference_is_said():
    assert sentence(ONE) == (
        "ktr against grpo: higher by 3.1 points (95 % interval +1.2 to +5.0, corrected p 0.020, 10 pairs)."
    )


def test_few_pairs_are_said_to_show_nothing():
    text = sentence(replace(ONE, pairs=3, corrected=0.25, reachable=0.25))
    assert text.endswith("3 pairs could not have shown any: the smallest corrected p is 0.25.")


WINS = re.compile(r"\b(higher|lower|better|worse|gain|improve|win|best|beat|ahead|outperform)", re.IGNORECASE)


@given(st.floats(-1, 1), st.floats(0.0501, 1), st.floats(0, 1))
def test_no_word_of_a_win_inside_the_noise(difference, corrected, width):
    one = replace(ONE, difference=difference, low=difference - width, high=difference + width, corrected=corrected)
    texts = [sentence(one), comparison_table([one]).rows[0][-1], type_table([one]).markdown()]
    for text in texts:
        assert not WINS.search(text)
    assert "no difference shown" in texts[0]
    assert "*" not in texts[2]


def test_tables_by_hand():
    assert comparison_table([ONE]).rows == [["ktr", "grpo", "10", "+3.1", "+1.2 to +5.0", "0.004", "0.020", "higher"]]
    assert power_table([ONE]).rows == [["ktr", "grpo", "10", "3.0", "4.0", "0.01"]]
    other = replace(ONE, measure="order", corrected=0.3)
    assert type_table([other, replace(ONE, measure="motion")]).rows == [
        ["ktr", "grpo", "+3.1 (+1.2 to +5.0) *", "+3.1 (+1.2 to +5.0)"]
    ]


def test_starts_stand_side_by_side(plan, all_cells, cell):
    cells = [c for c in all_cells if c.start == "a"] + [cell("grpo", "b", 0, [1, 1]), cell("ktr", "b", 0, [0, 1])]
    table = start_table(plan, cells)
    assert table.columns == ["arm", "against", "a", "b"]
    assert table.rows[0] == ["ktr", "grpo", "+50.0", "-50.0"]
    assert table.rows[1] == ["random", "grpo", "+0.0", "-"]


@pytest.mark.parametrize("reason", ["named", "not named", "of the method"])
def test_a_setting_stands_in_the_column_of_its_reason(reason):
    one = Difference(arm="ktr", reference="grpo", setting="beta", value="0.4", other="0.0", reason=reason)
    columns = dict(zip(["named", "not named", "of the method"], settings_table([one]).rows[0][2:], strict=True))
    assert [name for name, text in columns.items() if "beta" in text] == [reason]
