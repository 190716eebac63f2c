from dataclasses import dataclass, field
from typing import Literal

import pytest

from video_ktr.cli.config_building import build_config, field_names
from video_ktr.errors import ConfigError


@dataclass
class Example:
    steps: int = 1
    rate: float | None = None
    on: bool = False
    names: list[str] = field(default_factory=list)
    size: Literal["small", "large"] = "small"
    later: int = field(default=0, init=False)

    def __post_init__(self):
        if self.steps < 0:
            raise ValueError("steps below 0\nsecond line")


def test_plain_values_are_fitted_to_the_field():
    config = build_config(Example, {"steps": 8.0, "rate": 1, "on": True, "names": ["a"]})
    assert config == Example(8, 1.0, True, ["a"])
    assert type(config.steps) is int
    assert type(config.rate) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": "ten"}, "steps is 'ten': expected a whole number"),
        ({"steps": 1.5}, "steps is 1.5: expected a whole number"),
        ({"steps": True}, "steps is True: expected a whole number"),
        ({"rate": "fast"}, "rate is 'fast': expected a number or null"),
        ({"on": 1}, "on is 1: expected true or false"),
        ({"names": "a"}, "names is 'a': expected a list"),
        ({"size": "big"}, "size is 'big': expected small or large"),
        ({"size": ["small"]}, "size is .*: expected small or large"),
        ({"steps": -1}, "settings of Example: steps below 0"),
    ],
)
def test_a_value_that_does_not_fit_is_the_users_to_mend(values, message):
    with pytest.raises(ConfigError, match=message):
        build_config(Example, values)


def test_a_section_is_named():
    with pytest.raises(ConfigError, match=r"^part\.steps is 'ten'"):
        build_config(Example, {"steps": "ten"}, "part")


def test_fields_without_a_setting_are_no_settings():
    assert field_names(Example) == ["steps", "rate", "on", "names", "size"]


def test_values_that_clash_in_trl_are_a_config_error(tmp_path):
    from video_ktr.training import VideoKTRConfig

    common = {"output_dir": str(tmp_path), "use_cpu": True, "bf16": False, "report_to": "none"}
    with pytest.raises(ConfigError, match="at least 2 generations"):
        build_config(VideoKTRConfig, {**common, "num_generations": 1})
    with pytest.raises(ConfigError, match="ratio"):
        build_config(VideoKTRConfig, {**common, "key_tokens": {"visual_ratio": 1.7}})
