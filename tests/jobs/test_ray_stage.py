"""A real Ray on this machine: `make test-ray`, in an environment that has it."""

from functools import partial

import pytest

from video_ktr.errors import ConfigError, DataError
from video_ktr.jobs.ray_config import RayConfig
from video_ktr.jobs.ray_stage import run_on_ray

pytestmark = pytest.mark.ray
BATCHES = [[{"n": 1}, {"n": 2}], [{"n": 3}]]


class Times:
    def __init__(self, factor):
        self.factor = factor

    def run(self, batch):
        if self.factor < 0:
            raise DataError(f"cannot multiply by {self.factor}")
        return [{"n": self.factor * record["n"]} for record in batch]


@pytest.fixture(scope="module", autouse=True)
def ray_stopped():
    yield
    import ray

    ray.shutdown()


def test_every_batch_comes_back_whole():
    found = list(run_on_ray(BATCHES, partial(Times, 3), RayConfig(workers=2, num_cpus=0.5)))
    assert sorted(found, key=len) == [[{"n": 9}], [{"n": 3}, {"n": 6}]]


def test_a_mistake_in_a_worker_is_told_in_one_line():
    with pytest.raises(ConfigError, match=r"^cannot multiply by -1$"):
        list(run_on_ray(BATCHES, partial(Times, -1), RayConfig(num_cpus=0.5)))


def test_more_workers_than_cores_are_refused():
    with pytest.raises(ConfigError, match=r"ray.workers 2 x ray.num_cpus 1000 is more than"):
        next(run_on_ray(BATCHES, partial(Times, 1), RayConfig(workers=2, num_cpus=1000.0)))
