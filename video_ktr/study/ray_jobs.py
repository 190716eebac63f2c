"""Tasks through Ray: on a cluster whose machines share the folders, or on this machine."""

from collections.abc import Iterator, Sequence
from typing import Any

from video_ktr.errors import ConfigError
from video_ktr.jobs.ray_config import RayConfig
from video_ktr.study.tasks import Ended, Task, start_task


def run_with_ray(tasks: Sequence[Task], settings: RayConfig, jobs: int | None = None) -> Iterator[Ended]:
    """Run each task as a Ray task of `num_cpus` and `num_gpus`, and give each as it ends.

    Ray decides where and when; it shows a task the GPUs it was given. `jobs` limits how many are handed to it at once.
    A task whose machine dies is tried again by Ray, and takes itself up where it was. Raises ConfigError when Ray is
    not installed, or when no machine could ever run a task.
    """
    try:
        import ray
    except ImportError as error:
        raise ConfigError("--scheduler ray: Ray is not installed; run pip install 'video-ktr[ray]'") from error
    ray.init(
        address=settings.address,
        include_dashboard=False if settings.address is None else None,
        log_to_driver=False,
        logging_level="warning",
        ignore_reinit_error=True,
    )
    there = ray.cluster_resources()
    for name, needed, unit in (("num_cpus", settings.num_cpus, "CPU"), ("num_gpus", settings.num_gpus, "GPU")):
        if needed > there.get(unit, 0.0):
            raise ConfigError(
                f"ray.{name} is {needed:g} and Ray finds {there.get(unit, 0.0):g}: no cell would ever start; lower it"
            )
    remote = ray.remote(num_cpus=settings.num_cpus, num_gpus=settings.num_gpus)(_work)
    waiting = list(reversed(tasks))
    running: list[Any] = []
    while waiting or running:
        while waiting and (jobs is None or len(running) < jobs):
            running.append(remote.remote(waiting.pop()))
        done, running = ray.wait(running)
        yield from ray.get(done)


def _work(task: Task) -> Ended:
    process = start_task(task)
    try:
        code = process.wait()
    finally:
        # Ray cancels a task by an exception in it.
        process.terminate()
    return Ended(name=task.name, code=code, log=task.log)
