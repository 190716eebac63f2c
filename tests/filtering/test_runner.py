from dataclasses import replace

import pytest

from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.errors import ConfigError
from video_ktr.filtering.runner import TrialWorker, run_here, run_in_workers
from video_ktr.jobs.ray_config import RayConfig

PLAIN = PROMPT_TEMPLATES["plain"]


def batches_of(questions, size):
    return [questions[first : first + size] for first in range(0, len(questions), size)]


@pytest.fixture
def ray_stopped():
    yield
    import ray

    ray.shutdown()


def test_all_batches_are_run_in_order(questions, trials):
    batches = batches_of(questions, 4)
    found = list(run_here(batches, trials))
    assert [[o.key for o in outcomes] for outcomes in found] == [[q.key for q in batch] for batch in batches]


def test_a_worker_gives_what_this_process_gives(questions, trials, config):
    worker = TrialWorker(config, PLAIN)
    expected = [outcome.to_json() for outcome in trials.run(trials.prepare(questions[:2]))]
    assert worker.run([question.to_json() for question in questions[:2]]) == expected


@pytest.mark.ray
@pytest.mark.usefixtures("ray_stopped")
def test_two_workers_give_what_one_process_gives(questions, trials, config):
    lost = replace(questions[3], sample=replace(questions[3].sample, path="/nowhere/lost.mp4"))
    batches = batches_of([*questions[:3], lost, *questions[4:]], 3)
    expected = {o.key: o for outcomes in run_here(batches, trials) for o in outcomes}
    on_ray = replace(config, engine="ray", ray=RayConfig(workers=2, num_cpus=0.5))
    found = list(run_in_workers(batches, on_ray, PLAIN))
    assert sorted(len(outcomes) for outcomes in found) == [1, 3, 3, 3]
    assert {o.key: o for outcomes in found for o in outcomes} == expected
    assert expected[lost.key].failure == "unreadable"


@pytest.mark.ray
@pytest.mark.usefixtures("ray_stopped")
def test_a_model_that_a_worker_cannot_load_is_told(questions, config, world, tmp_path):
    for path in (world / "model").iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    batches = batches_of(questions, 3)
    with pytest.raises(ConfigError, match="weights cannot be read"):
        next(run_in_workers(batches, replace(config, model=str(tmp_path), ray=RayConfig(num_cpus=0.5)), PLAIN))
