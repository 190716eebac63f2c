"""The jobs of a study: what is to be done, written where the worker reads it, and what is left of it."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from video_ktr.cli.config_building import build_config, fit_values
from video_ktr.cli.methods import find_method
from video_ktr.cli.models import check_model
from video_ktr.cli.questions import QUESTION_KEYS, load_template
from video_ktr.cli.quickstart_stages import EVALUATION, EVALUATION_TYPES
from video_ktr.cli.run_settings import checked_settings
from video_ktr.cli.settings import Settings, check_keys, take
from video_ktr.cli.stages import MARKER
from video_ktr.cli.study_file import EVALUATION_SEED, Study
from video_ktr.cli.study_starts import resolved_start, toy_folder
from video_ktr.cli.study_worker import JOB, LOG
from video_ktr.cli.train import OWN_KEYS
from video_ktr.errors import ConfigError
from video_ktr.jobs.whole_files import whole_file
from video_ktr.rewards.registry import find_rewards
from video_ktr.study.plan import BASELINE_OF_STARTS, CellKey
from video_ktr.study.results import RESULT
from video_ktr.study.tasks import Task

ASKED = ("media", "prompt_template", "media_first", "media_root", "allow_outside_media")
EVALUATION_KEYS: dict[str, Any] = {**EVALUATION_TYPES, "questions": str, "media_root": str | list, "seed": int}


def check_study(study: Study) -> None:
    """Build every arm's config and read every start, so that nothing fails after hours. Raises ConfigError."""
    evaluation_settings(study, {"model": "unknown", "evaluation_questions": "unknown"})
    for name in study.plan.starts:
        start = resolved_start(study, name)
        if "toy_seed" not in study.starts[name]:
            check_model(start["model"])
    for arm in study.plan.arms:
        settings = study.train_settings(CellKey(arm=arm, start=name, seed=study.plan.seeds[0]), start)
        try:
            _check_training(settings)
        except ConfigError as error:
            raise ConfigError(f"arms.{arm}: {error}") from error


def _check_training(settings: Settings) -> None:
    method, own = find_method(settings.get("method", "video_ktr")), {*OWN_KEYS, *QUESTION_KEYS}
    take(settings, "questions", "name them in the recipe or with the start")
    checked = checked_settings(settings, own, method.config)
    build_config(method.config, {key: value for key, value in checked.items() if key not in own})
    find_rewards(checked.get("rewards", ["accuracy", "format"]))
    load_template(checked)


def evaluation_settings(study: Study, start: Settings) -> Settings:
    """What every arm that began at `start` is evaluated with. Raises ConfigError."""
    check_keys(study.evaluation, EVALUATION_KEYS, "evaluation")
    given = fit_values(study.evaluation, EVALUATION_KEYS, "evaluation")
    asked = {key: study.shared[key] for key in ASKED if study.shared.get(key) is not None}
    own = {"questions": start["evaluation_questions"]} if "evaluation_questions" in start else {}
    settings = {**EVALUATION, "seed": EVALUATION_SEED, **asked, **given, **own, "model": start["model"]}
    take(settings, "questions", "name the held-out questions as evaluation.questions, or with the start")
    return settings


def start_tasks(study: Study) -> list[Task]:
    """The toy starts that are not there yet, each once."""
    tasks = {}
    for name, start in study.starts.items():
        if "toy_seed" not in start:
            continue
        output = toy_folder(study, start["toy_seed"])
        marker = output / "cold_start" / MARKER
        if marker.exists() and "seconds" in json.loads(marker.read_text(encoding="utf-8")):
            continue
        job = {"kind": "start", "output": str(output), "seed": start["toy_seed"], "toy": study.toy}
        tasks[output] = _task(f"start {name}", study.folder / "starts" / name, job)
    return list(tasks.values())


def cell_tasks(study: Study, only: Sequence[str] = ()) -> list[Task]:
    """The cells that are not finished, those that evaluate the starts first. Raises ConfigError, as `_task` does."""
    first = study.plan.seeds[0]
    untrained = [] if only else [CellKey(arm=BASELINE_OF_STARTS, start=s, seed=first) for s in study.plan.starts]
    tasks = []
    for key in [*untrained, *study.plan.cells(only)]:
        start = resolved_start(study, key.start)
        job = {
            "kind": "cell",
            "arm": key.arm,
            "start": key.start,
            "seed": key.seed,
            "train": None if key.arm == BASELINE_OF_STARTS else study.train_settings(key, start),
            "evaluation": evaluation_settings(study, start),
            "curve": study.curve,
        }
        task = _task(key.name, study.cell_folder(key), job)
        if not (study.cell_folder(key) / RESULT).exists():
            tasks.append(task)
    return tasks


def _task(name: str, folder: Path, job: Settings) -> Task:
    """Write the job. Raises ConfigError when the folder holds another."""
    path, now = folder / JOB, json.loads(json.dumps(job))
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = sorted(_changed(before, now))
        if changed:
            raise ConfigError(
                f"{folder}: was made with other settings ({', '.join(changed)} changed); choose another output_dir, or "
                "remove this folder to make it again"
            )
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        partial.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    command = (sys.executable, "-m", "video_ktr.cli.study_worker", str(folder))
    return Task(name=name, command=command, log=folder / LOG)


def _changed(before: Any, now: Any, where: str = "") -> list[str]:
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [] if before == now else [where]
    return [
        name
        for key in {*before, *now}
        for name in _changed(before.get(key), now.get(key), f"{where}.{key}" if where else key)
    ]
