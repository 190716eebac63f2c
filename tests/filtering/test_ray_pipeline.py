"""A real Ray on this machine: `make test-ray`, in an environment that has it."""

from dataclasses import replace

import pytest

from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.errors import ConfigError
from video_ktr.filtering.config import RayConfig
from video_ktr.filtering.ray_pipeline import run_on_ray
from video_ktr.filtering.runner import pending_batches, run_here

pytestmark = pytest.mark.ray
PLAIN = PROMPT_TEMPLATES["plain"]


@pytest.fixture(scope="module", autouse=True)
def ray_stopped():
    yield
    import ray

    ray.shutdown()


def test_two_workers_give_what_one_process_gives(questions, trials, config):
    lost = replace(questions[3], sample=replace(questions[3].sample, path="/nowhere/lost.mp4"))
    batches = pending_batches([*questions[:3], lost, *questions[4:]], set(), 3)
    expected = {o.key: o for outcomes in run_here(batches, trials) for o in outcomes}
    on_ray = replace(config, engine="ray", ray=RayConfig(workers=2, num_cpus=0.5))
    found = list(run_on_ray(batches, on_ray, PLAIN))
    assert sorted(len(outcomes) for outcomes in found) == [1, 3, 3, 3]
    assert {o.key: o for outcomes in found for o in outcomes} == expected
    assert expected[lost.key].failure == "unreadable"


def test_more_workers_than_cores_are_refused(questions, config):
    batches = pending_batches(questions, set(), 3)
    with pytest.raises(ConfigError, match=r"ray.workers 2 x ray.num_cpus 1000 is more than"):
        next(run_on_ray(batches, replace(config, ray=RayConfig(workers=2, num_cpus=1000.0)), PLAIN))


def test_a_model_that_a_worker_cannot_load_is_told(questions, config, world, tmp_path):
    for path in (world / "model").iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    batches = pending_batches(questions, set(), 3)
    with pytest.raises(ConfigError, match="weights cannot be read"):
        next(run_on_ray(batches, replace(config, model=str(tmp_path), ray=RayConfig(num_cpus=0.5)), PLAIN))
