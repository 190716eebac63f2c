import pytest

from video_ktr.errors import ConfigError
from video_ktr.study.plan import CellKey, Plan

ARMS = {"grpo": {}, "ktr": {"method": "video_ktr"}}
GOOD = {"name": "x", "arms": ARMS, "seeds": (0, 1), "starts": ("a",), "baseline": "grpo"}


def test_cells_come_pair_by_pair():
    assert [cell.name for cell in Plan(**GOOD).cells()] == [
        "grpo/a-seed0",
        "ktr/a-seed0",
        "grpo/a-seed1",
        "ktr/a-seed1",
    ]
    assert list(Plan(**GOOD).cells(["ktr"])) == [CellKey(arm="ktr", start="a", seed=seed) for seed in (0, 1)]


def test_comparisons_name_each_pair_once(plan):
    assert plan.comparisons == (("ktr", "grpo"), ("random", "grpo"), ("ktr", "random"))
    assert Plan(**GOOD, also_compare=(("ktr", "grpo"),)).comparisons == (("ktr", "grpo"),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arms": {"grpo": {}}}, "at least two"),
        ({"arms": {**ARMS, "start": {}}}, "stands for the untrained"),
        ({"baseline": "gpro"}, "baseline: 'gpro' is no arm; use one of grpo, ktr"),
        ({"also_compare": (("ktr", "t"),)}, "also_compare: 't' is no arm"),
        ({"controls": ("t",)}, "controls: 't' is no arm"),
        ({"seeds": (1, 1)}, "seeds: give at least one, and none of them twice"),
        ({"starts": ()}, "starts: give at least one"),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        Plan(**{**GOOD, **change})


def test_only_takes_arms():
    with pytest.raises(ConfigError, match="--only: 'k' is no arm"):
        list(Plan(**GOOD).cells(["k"]))
