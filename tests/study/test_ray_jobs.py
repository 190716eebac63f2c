"""A real Ray on this machine: `make test-ray`, in an environment that has it."""

import sys

import pytest

from video_ktr.errors import ConfigError
from video_ktr.jobs.ray_config import RayConfig
from video_ktr.study.ray_jobs import run_with_ray
from video_ktr.study.tasks import Task

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module", autouse=True)
def ray_stopped():
    yield
    import ray

    ray.shutdown()


def tasks(folder):
    for code in (0, 1, 3):
        command = (sys.executable, "-c", f"print('cell {code}'); raise SystemExit({code})")
        yield Task(name=str(code), command=command, log=folder / f"{code}.txt")


@pytest.mark.parametrize("jobs", [None, 1])
def test_every_task_is_run_and_told(tmp_path, jobs):
    ended = list(run_with_ray(list(tasks(tmp_path)), RayConfig(num_cpus=0.5), jobs))
    assert sorted((one.name, one.code, one.last_line) for one in ended) == [
        ("0", 0, "cell 0"),
        ("1", 1, "cell 1"),
        ("3", 3, "cell 3"),
    ]


def test_what_could_never_start_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"ray.num_gpus is 9999 and Ray finds"):
        next(run_with_ray(list(tasks(tmp_path)), RayConfig(num_gpus=9999.0)))
