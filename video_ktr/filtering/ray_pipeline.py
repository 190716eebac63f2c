"""The trials as a Ray Data pipeline: a stage of workers that hold the model, fed with batches of questions.

The workers run the same code as one process does; what they give comes back to this process, which alone records it.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from video_ktr.data.prompts import PromptTemplate
from video_ktr.errors import ConfigError, VideoKTRError
from video_ktr.filtering.config import FilterConfig, RayConfig
from video_ktr.filtering.outcome import Outcome
from video_ktr.filtering.questions import Question
from video_ktr.filtering.runner import Batch, build_trials
from video_ktr.filtering.trials import QuestionTrials

Rows = dict[str, Any]


class TrialStage:
    """The map stage: builds the engine once in its worker, then tries one batch of questions a call."""

    def __init__(self, config: FilterConfig, template: PromptTemplate):
        self.config, self.template = config, template
        self.trials: QuestionTrials | None = None

    def __call__(self, rows: Rows) -> Rows:
        """Rows {"questions": [JSON of a batch]} in, {"outcomes": [JSON of its outcomes], "mistake": [text]} out."""
        (text,) = rows["questions"]
        try:
            outcomes = self._try([Question.from_json(record) for record in json.loads(text)])
        except VideoKTRError as error:
            # Raised here it would reach the user inside a page of Ray's own tracebacks.
            return {"outcomes": ["[]"], "mistake": [str(error)]}
        return {"outcomes": [json.dumps([outcome.to_json() for outcome in outcomes])], "mistake": [""]}

    def _try(self, batch: Batch) -> list[Outcome]:
        if self.trials is None:
            self.trials = build_trials(self.config, self.template)
        return self.trials.run(self.trials.prepare(batch))


def require_ray() -> None:
    """Raise ConfigError when Ray Data is not installed."""
    try:
        import ray.data  # noqa: F401
    except ImportError as error:
        raise ConfigError("engine 'ray': Ray Data is not installed; run pip install 'video-ktr[ray]'") from error


def run_on_ray(batches: Sequence[Batch], config: FilterConfig, template: PromptTemplate) -> Iterator[list[Outcome]]:
    """The outcomes of each batch, as they are finished: not in order.

    Starts Ray on this machine, or joins `ray.address`. A batch whose worker dies is tried again by Ray.

    Raises:
        ConfigError: This machine has fewer cores or GPUs than the workers ask for, or a worker cannot
            load the model or run it as asked.
    """
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    settings = config.ray
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
    rows = [{"questions": json.dumps([question.to_json() for question in batch])} for batch in batches]
    outcomes = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        TrialStage,
        fn_constructor_args=(config, template),
        # One batch a block and a call: what is finished comes back at once, and is recorded.
        batch_size=1,
        compute=ActorPoolStrategy(size=settings.workers),
        num_cpus=settings.num_cpus,
        num_gpus=settings.num_gpus,
    )
    for row in outcomes.iter_rows():
        if row["mistake"]:
            raise ConfigError(row["mistake"])
        yield [Outcome.from_json(record) for record in json.loads(row["outcomes"])]


def _require_resources(settings: RayConfig, there: dict[str, float]) -> None:
    for name, each, unit in (("num_gpus", settings.num_gpus, "GPU"), ("num_cpus", settings.num_cpus, "CPU")):
        needed, found = settings.workers * each, there.get(unit, 0.0)
        if settings.address is None and needed > found:
            raise ConfigError(
                f"ray.workers {settings.workers} x ray.{name} {each:g} is more than the {found:g} that Ray finds on "
                "this machine, and would wait for ever; lower one"
            )
