from pathlib import Path

import pytest

from video_ktr.cli.quickstart_stages import build_stages

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture
def stages(tmp_path):
    return build_stages(tmp_path, RECIPES, 5, {"rl": {"max_steps": 7}})


def test_the_seed_reaches_every_stage(stages):
    assert [stage.settings["seed"] for stage in stages] == [5] * 6


def test_each_stage_takes_up_what_the_one_before_left(stages, tmp_path):
    models = [stage.settings.get("model") for stage in stages]
    folders = ["world/model", "base/final", "cold_start/final", "cold_start/final", "rl/final"]
    assert models == [None, *(str(tmp_path / folder) for folder in folders)]


def test_overrides_reach_their_stage_alone(stages):
    assert [stage.settings.get("max_steps") for stage in stages[1:]].count(7) == 1
    assert stages[4].settings["max_steps"] == 7


def test_the_recipes_name_the_folders_of_the_quickstart():
    """So that `video-ktr train --config recipes/toy.yaml` is the same training by itself."""
    from video_ktr.cli.settings import read_settings

    stages = build_stages(Path("runs/quickstart"), RECIPES, 0, {})
    for index, name in ((1, "toy_base"), (2, "toy_cold_start"), (4, "toy")):
        assert stages[index].settings == read_settings(RECIPES / f"{name}.yaml")
