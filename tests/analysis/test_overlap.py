import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.run_fixtures import token_record
from video_ktr.analysis.figures import save
from video_ktr.analysis.overlap import overlap_of, overlap_section
from video_ktr.analysis.run_data import read_run

TEN = list("abcdefghij")
V, T, E = "visual", "temporal", "entropy"
NOT_CHOSEN = {f"{name}_score": None for name in (V, T, E)}


@pytest.fixture
def records():
    """Question A:  V V . .    question B, all three on the first two of ten tokens; a group that was not attributed.
    .               . T T .
    .               . . E E   of ten tokens
    """
    return [
        token_record(0, "A", TEN, visual=[0, 1], temporal=[1, 2], entropy=[2, 3]),
        token_record(0, "B", TEN, visual=[0, 1], temporal=[0, 1], entropy=[0, 1]),
        token_record(0, "C", TEN, **NOT_CHOSEN),
    ]


def test_seven_cells_by_hand(records):
    overlap = overlap_of(records[:2])
    assert overlap.tokens == 20
    assert overlap.numbers == {(V,): 1, (T,): 0, (E,): 1, (V, T): 1, (V, E): 0, (T, E): 1, (V, T, E): 2}
    assert overlap.cells[V, T, E].value == pytest.approx(2 / 20)
    assert {name: share.value for name, share in overlap.sets.items()} == dict.fromkeys((V, T, E), pytest.approx(0.2))
    assert overlap.union.value == pytest.approx(6 / 20)
    # Four and two of ten: the standard error is 0.1.
    assert overlap.union.high == pytest.approx(0.3 + 0.1959964)
    assert overlap.trained == overlap.union
    assert overlap.bounds == pytest.approx((0.2, 0.6))
    # In each completion each signal takes a fifth.
    assert overlap.independent[V,] == pytest.approx(0.2 * 0.8 * 0.8)
    assert overlap.independent[V, T] == pytest.approx(0.2 * 0.2 * 0.8)
    assert overlap.independent[V, T, E] == pytest.approx(0.2**3)


def test_independence_is_within_a_completion():
    # All of one completion, none of the other: within each the sets are what independence gives.
    both = [
        token_record(0, "A", ["a"], visual=[0], temporal=[0], entropy_selected=None),
        token_record(0, "B", ["a"], entropy_selected=None),
    ]
    assert overlap_of(both).independent == {(V,): 0, (T,): 0, (V, T): 0.5}


def test_a_signal_that_was_off_has_no_cells():
    overlap = overlap_of([token_record(0, "A", TEN, visual=[0], entropy=[0, 1], temporal_selected=None)])
    assert overlap.numbers == {(V,): 0, (E,): 1, (V, E): 1}
    assert overlap.signals == (V, E)
    assert overlap.bounds == pytest.approx((0.2, 0.3))


def test_a_control_trains_on_other_tokens_than_the_union():
    record = token_record(0, "A", TEN, visual=[0, 1])
    overlap = overlap_of([{**record, "selected": [False] * 9 + [True]}])
    assert (overlap.union.value, overlap.trained.value) == (0.2, 0.1)


@given(st.lists(st.lists(st.tuples(*[st.booleans()] * 3), min_size=1, max_size=9), min_size=1, max_size=5))
def test_cells_make_up_the_sets_and_the_union(completions):
    records = [
        token_record(
            0,
            f"question {number}",
            ["x"] * len(tokens),
            **{name: [i for i, chosen in enumerate(tokens) if chosen[place]] for place, name in enumerate((V, T, E))},
        )
        for number, tokens in enumerate(completions)
    ]
    overlap = overlap_of(records)
    for name, share in overlap.sets.items():
        assert share.value == pytest.approx(sum(cell.value for key, cell in overlap.cells.items() if name in key))
    assert overlap.union.value == pytest.approx(sum(cell.value for cell in overlap.cells.values()))
    low, high = overlap.bounds
    assert low - 1e-9 <= overlap.union.value <= high + 1e-9


def test_the_section_and_its_picture(make_run, records, tmp_path):
    run = read_run(make_run("ours", records))
    other = read_run(make_run("other", [token_record(0, "A", TEN, entropy=[4], visual_selected=None)]))
    section = overlap_section(run, other)
    cells, ratios = section.tables
    assert cells.rows[6][:4] == ("ours", "visual & temporal & entropy", 2, pytest.approx(0.1))
    assert cells.rows[7:] == (
        ("other", "temporal", 0, 0.0, None, None, 0.0),
        ("other", "entropy", 1, pytest.approx(0.1), None, None, pytest.approx(0.1)),
        ("other", "temporal & entropy", 0, 0.0, None, None, 0.0),
    )
    assert ("ours", "bounds of the union", None, None, pytest.approx(0.2), pytest.approx(0.6)) in ratios.rows
    assert ("ours", "all tokens counted", 20, 1.0, None, None) in ratios.rows
    assert ratios.rows[3][:4] == ("ours", "union: update ratio", 6, pytest.approx(0.3))
    assert [file.name for file in save(section.plots[0], tmp_path)] == ["overlap.svg", "overlap.png"]


def test_without_records_or_choices_the_reason_is_told(make_run, records):
    assert "token_record_rate" in overlap_section(read_run(make_run("a")), None).reason
    assert "equal rewards" in overlap_section(read_run(make_run("b", records[2:])), None).reason
    alone = overlap_section(read_run(make_run("c", records)), read_run(make_run("d")))
    assert {row[0] for row in alone.tables[0].rows} == {"c"}
