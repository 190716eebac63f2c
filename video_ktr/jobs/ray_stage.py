"""Batches as a Ray Data pipeline: a stage of workers that hold the model, fed with batches of plain records.

What the workers give comes back to this process, which alone writes it down.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from video_ktr.errors import ConfigError, VideoKTRError
from video_ktr.jobs.ray_config import RayConfig

PlainBatch = list[dict[str, Any]]
Rows = dict[str, Any]


class Worker(Protocol):
    """Lives in a process of its own and works on one batch a call."""

    def run(self, batch: PlainBatch) -> PlainBatch:
        """Records that JSON can hold in, such records out. A VideoKTRError ends the whole run with its line."""
        ...


class _Stage:
    """The map stage: builds its worker once, in the worker's process."""

    def __init__(self, build: Callable[[], Worker]):
        self.build = build
        self.worker: Worker | None = None

    def __call__(self, rows: Rows) -> Rows:
        """Rows {"batch": [JSON of a batch]} in, {"done": [JSON of its results], "mistake": [text]} out."""
        (text,) = rows["batch"]
        try:
            if self.worker is None:
                self.worker = self.build()
            done = self.worker.run(json.loads(text))
        except VideoKTRError as error:
            # Raised here it would reach the user inside a page of Ray's own tracebacks.
            return {"done": ["[]"], "mistake": [str(error)]}
        return {"done": [json.dumps(done)], "mistake": [""]}


def require_ray() -> None:
    """Raise ConfigError when Ray Data is not installed."""
    try:
        import ray.data  # noqa: F401
    except ImportError as error:
        raise ConfigError("engine 'ray': Ray Data is not installed; run pip install 'video-ktr[ray]'") from error


def run_on_ray(batches: Sequence[PlainBatch], build: Callable[[], Worker], settings: RayConfig) -> Iterator[PlainBatch]:
    """What the workers make of each batch, as it is finished: not in order.

    Starts Ray on this machine, or joins `ray.address`. A batch whose worker dies is tried again by Ray.

    Args:
        batches: Lists of records that JSON can hold.
        build: Makes a worker in its process; must be picklable.
        settings: How many workers, and what each is given.

    Raises:
        ConfigError: This machine has fewer cores or GPUs than the workers ask for, or a worker raised a VideoKTRError,
            which stands in the message.
    """
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    ray.init(
        address=settings.address,
        include_dashboard=False if settings.address is None else None,
        log_to_driver=False,
        logging_level="warning",
        ignore_reinit_error=True,
    )
    _require_resources(settings, ray.cluster_resources())
    # The verb shows its own progress; plans and hints of Ray Data are for those who write pipelines.
    DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"batch": json.dumps(batch)} for batch in batches]
    finished = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        _Stage,
        fn_constructor_args=(build,),
        # One batch a block and a call: what is finished comes back at once, and is recorded.
        batch_size=1,
        compute=ActorPoolStrategy(size=settings.workers),
        num_cpus=settings.num_cpus,
        num_gpus=settings.num_gpus,
    )
    for row in finished.iter_rows():
        if row["mistake"]:
            raise ConfigError(row["mistake"])
        yield json.loads(row["done"])


def _require_resources(settings: RayConfig, there: dict[str, float]) -> None:
    for name, each, unit in (("num_gpus", settings.num_gpus, "GPU"), ("num_cpus", settings.num_cpus, "CPU")):
        needed, found = settings.workers * each, there.get(unit, 0.0)
        if settings.address is None and needed > found:
            raise ConfigError(
                f"ray.workers {settings.workers} x ray.{name} {each:g} is more than the {found:g} that Ray finds on "
                "this machine, and would wait for ever; lower one"
            )
