import numpy as np
import pytest

from video_ktr.study.comparisons import area, compare, scores, scores_of_type


def test_differences_by_hand(plan, all_cells):
    against_grpo, control, against_control = compare(plan, all_cells, {"accuracy": scores})
    assert (against_grpo.arm, against_grpo.reference, against_grpo.pairs) == ("ktr", "grpo", 4)
    assert against_grpo.difference == 0.5
    # All four pairs agree: p = 2 / 16, and the smallest of three with Holm is three times that.
    assert against_grpo.p == 2 / 16
    assert against_grpo.corrected == against_grpo.reachable == 6 / 16
    assert against_grpo.deviation == against_grpo.detectable == 0
    assert (control.difference, control.p, control.corrected) == (0, 1, 1)
    assert against_control.difference == 0.5
    assert {one.verdict for one in (against_grpo, control, against_control)} == {"no difference shown"}


def test_six_pairs_of_one_sign_are_shown_for_one_comparison(plan, cell):
    cells = [cell(arm, "a", seed, [arm == "ktr"] * 8) for arm in ("grpo", "ktr") for seed in range(6)]
    wide = type(plan)(**{**vars(plan), "seeds": tuple(range(6)), "also_compare": ()})
    (one,) = compare(wide, cells, {"accuracy": scores})
    assert one.corrected == 2 / 64
    assert one.verdict == "higher"
    (turned,) = compare(type(plan)(**{**vars(wide), "baseline": "ktr"}), cells, {"accuracy": scores})
    assert (turned.difference, turned.p, turned.verdict) == (-one.difference, one.p, "lower")


def test_only_whole_pairs_count(plan, all_cells):
    cells = [c for c in all_cells if (c.arm, c.start, c.seed) != ("ktr", "b", 1) and c.arm != "random"]
    (one,) = compare(plan, cells, {"accuracy": scores})
    assert one.pairs == 3


def test_kinds_of_questions_are_corrected_together(plan, all_cells):
    # Right are the first 1 or 3 of motion, order, motion, order: motion 1/2 -> 1, order 0 -> 1/2.
    found = compare(plan, all_cells, {kind: scores_of_type(kind) for kind in ("motion", "order", "colour")})
    assert [(one.measure, one.arm, one.difference) for one in found[:2]] == [
        ("motion", "ktr", 0.5),
        ("motion", "random", 0.0),
    ]
    assert len(found) == 6
    assert found[0].corrected == 6 * 2 / 16


def test_area_is_one_number_a_pair(plan, cell):
    cells = [
        cell(arm, "a", seed, [1], curve=((1.0, height), (2.0, height + seed)))
        for arm, height in (("grpo", 0.0), ("ktr", 1.0))
        for seed in (0, 1)
    ]
    (one,) = compare(plan, cells, {"curve": area})
    assert (one.difference, one.low, one.high, one.pairs) == (1, 1, 1, 2)
    assert area(cells[0]) == np.array([0.0])


def test_noise_is_hardly_ever_worded_as_a_difference(plan, cell):
    generator, shown = np.random.default_rng(0), 0
    wide = type(plan)(**{**vars(plan), "seeds": tuple(range(6))})
    for _ in range(40):
        cells = [cell(key.arm, key.start, key.seed, generator.random(20) < 0.5) for key in wide.cells()]
        shown += any(one.shown for one in compare(wide, cells, {"accuracy": scores}))
    # At most 5 % of such studies may show anything: of 40, more than 6 with probability below 0.01.
    assert shown <= 6


@pytest.mark.parametrize("low", [0.1, -0.1])
def test_the_interval_has_a_say_too(plan, all_cells, low):
    one = compare(plan, all_cells, {"accuracy": scores})[0]
    assert type(one)(**{**vars(one), "corrected": 0.01, "low": low}).shown == (low > 0)
