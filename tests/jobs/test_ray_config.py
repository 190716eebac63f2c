import pytest

from video_ktr.errors import ConfigError
from video_ktr.jobs.ray_config import RayConfig


@pytest.mark.parametrize("values", [{"workers": 0}, {"num_gpus": -1.0}, {"num_cpus": float("nan")}])
def test_rays_values_out_of_range_are_refused(values):
    with pytest.raises(ConfigError, match=f"ray.{next(iter(values))}"):
        RayConfig(**values)
