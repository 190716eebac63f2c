"""What a run leaves behind so that it can be understood later: its settings, its environment, its metrics."""

import json
import os
import platform
import subprocess
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
import yaml
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.utils import logging

from video_ktr.generation import Sampling

PACKAGES = ("video-ktr", "torch", "transformers", "trl", "accelerate", "peft", "av", "numpy")
logger = logging.get_logger(__name__)


def environment() -> dict[str, Any]:
    """Versions, hardware and the commit of the code that runs, None where one cannot be told."""
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return {
        "packages": found,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
        "cpu_threads": torch.get_num_threads(),
        "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        "commit": _commit(),
    }


def _commit() -> str | None:
    source = Path(__file__).resolve().parent
    try:
        result = subprocess.run(  # noqa: S603
            ["git", "-C", str(source), "describe", "--always", "--dirty", "--abbrev=40"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write `config.yaml` (the resolved settings) and `environment.json` into a run directory."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = json.loads(json.dumps(settings, default=str))
    (folder / "config.yaml").write_text(yaml.safe_dump(plain, sort_keys=True), encoding="utf-8")
    (folder / "environment.json").write_text(json.dumps(environment(), indent=2) + "\n", encoding="utf-8")


class RunDirectoryCallback(TrainerCallback):
    """Writes `config.yaml`, `environment.json` and `metrics.jsonl` into the output directory, on the main process.

    A resumed run drops the metrics of steps after its checkpoint, which it is about to repeat.
    """

    def __init__(self, sampling: Sampling | None = None):
        self.sampling = sampling

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Record what is about to run."""
        del control, kwargs
        if not state.is_world_process_zero:
            return
        settings = args.to_dict()
        if self.sampling is not None:
            settings["effective_sampling"] = asdict(self.sampling)
            logger.info("effective sampling settings: %s", self.sampling)
        folder = Path(args.output_dir)
        write_settings(folder, settings)
        metrics = folder / "metrics.jsonl"
        if metrics.exists():
            lines = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines if json.loads(line)["step"] <= state.global_step and state.global_step]
            metrics.write_text("".join(kept), encoding="utf-8")

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Append one line of metrics."""
        del control, kwargs
        if state.is_world_process_zero and logs:
            with (Path(args.output_dir) / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": state.global_step, **logs}) + "\n")
