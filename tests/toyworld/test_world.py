import numpy as np
import pytest

from video_ktr.toyworld.world import COLOURS, NUM_SLOTS, SceneKind, sample_scene

KINDS: tuple[SceneKind, ...] = ("parade", "count", "motion", "blank")


@pytest.mark.parametrize("kind", KINDS)
def test_equal_seeds_give_equal_scenes_and_others_do_not(kind: SceneKind) -> None:
    def scenes(seed: int) -> list:
        rng = np.random.default_rng(seed)
        return [sample_scene(kind, rng) for _ in range(5)]

    assert scenes(7) == scenes(7)
    assert scenes(7) != scenes(8)


@pytest.mark.parametrize(
    ("kind", "filled"), [("parade", {4}), ("count", {1, 2, 3, 4}), ("motion", {4}), ("blank", {0})]
)
def test_each_kind_fills_its_slots(kind: SceneKind, filled: set[int]) -> None:
    rng = np.random.default_rng(0)
    scenes = [sample_scene(kind, rng) for _ in range(100)]
    assert {len(scene.figures) for scene in scenes} == filled
    assert {len(scene.slots) for scene in scenes} == {NUM_SLOTS}
    assert all((scene.direction is not None) == (kind == "motion") for scene in scenes)


@pytest.mark.parametrize("kind", ["parade", "count"])
def test_colours_do_not_repeat(kind: SceneKind) -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        colours = [figure.colour for figure in sample_scene(kind, rng).figures]
        assert len(set(colours)) == len(colours)
        assert set(colours) <= set(COLOURS)


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        sample_scene("circus", np.random.default_rng(0))  # type: ignore[arg-type]
