import json
from dataclasses import replace

import pytest

from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.filtering.config import FilterConfig
from video_ktr.filtering.keep_rule import KeepRule
from video_ktr.jobs.ray_config import RayConfig

CONFIG = FilterConfig(model="m")


def test_the_defaults_are_the_papers():
    assert (CONFIG.trials, CONFIG.rule) == (8, KeepRule(low=0.2, high=0.8))


@pytest.mark.parametrize(
    "values",
    [
        {"low": 0.0, "high": 1.0},
        {"batch_size": 1},
        {"retry_unreadable": True},
        {"engine": "ray", "ray": RayConfig(workers=4)},
        {"media": MediaConfig(time_limit_seconds=5.0)},
    ],
)
def test_a_run_may_go_on_with_settings_that_change_no_trial(values):
    assert replace(CONFIG, **values).deciding() == CONFIG.deciding()


@pytest.mark.parametrize(
    "values",
    [
        {"model": "n"},
        {"trials": 4},
        {"seed": 1},
        {"temperature": 0.5},
        {"engine": "vllm"},
        {"engine": "ray", "ray": RayConfig(engine="vllm")},
        {"media": MediaConfig(max_frames=8)},
    ],
)
def test_all_else_decides_what_trials_give(values):
    assert replace(CONFIG, **values).deciding() != CONFIG.deciding()


def test_the_deciding_settings_are_plain_values():
    assert json.loads(json.dumps(CONFIG.deciding())) == CONFIG.deciding()


def test_the_engine_in_rays_workers_is_the_engine_that_counts():
    on_ray = replace(CONFIG, engine="ray", ray=RayConfig(engine="vllm"))
    assert on_ray.runs_on == replace(CONFIG, engine="vllm").runs_on == "vllm"


@pytest.mark.parametrize("values", [{"trials": 0}, {"batch_size": 0}, {"low": 0.9}])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        FilterConfig(model="m", **values)
