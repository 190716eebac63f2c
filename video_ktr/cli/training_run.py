"""What `train` and `sft` share once the trainer is built: resume, show progress, save, mark as finished."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from safetensors import SafetensorError
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from video_ktr.cli.progress import StepProgress
from video_ktr.cli.run_folder import RunFolder
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError, VideoKTRError

FIXES = {
    r"flash.?att": "install it, or set model_init_kwargs.attn_implementation to sdpa",
    r"to be installed": "install it, or set report_to to none",
    r"eval_strategy|eval_dataset": "no evaluation questions are read here: leave eval_strategy out",
    r"target.modules": "change peft.target_modules",
    r"no file named|safetensors|deserializing header": "give a model folder or hub name with whole weights as model",
    r"unexpected keyword argument": "change model_init_kwargs",
}
"""What to do about a message of transformers, TRL or PEFT that holds the pattern; the first that fits counts."""


@contextmanager
def building_trainer() -> Iterator[None]:
    """Around the building of a trainer: what the libraries refuse there is the user's to mend.

    Missing or damaged weights, a package that a setting needs, settings that clash with the model or each other.
    Raises ConfigError with the first line of the library's message and, where known, the setting to change. A
    RuntimeError or TypeError is taken only where its message is one of those known: else it is a defect.
    """
    try:
        yield
    except VideoKTRError:
        raise
    except (ImportError, OSError, SafetensorError, ValueError) as error:
        raise ConfigError(_told(error, _fix(error))) from error
    except (RuntimeError, TypeError) as error:
        fix = _fix(error)
        if fix is None:
            raise
        raise ConfigError(_told(error, fix)) from error


def _told(error: Exception, fix: str | None) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return f"the trainer cannot be built: {lines[0].rstrip('.')}" + (f"; {fix}" if fix else "")


def _fix(error: Exception) -> str | None:
    return next((fix for pattern, fix in FIXES.items() if re.search(pattern, str(error), re.IGNORECASE)), None)


def run_training(trainer: Any, folder: RunFolder, settings: Settings, *, title: str) -> None:
    """Train from the newest checkpoint in `folder`, or from the start, and save model and processor in folder/final."""
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(StepProgress(title))
    if trainer.is_world_process_zero():
        folder.start(settings)
    checkpoint = folder.newest_checkpoint()
    start = time.perf_counter()
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    trainer.save_model(str(folder.final))
    if trainer.is_world_process_zero():
        trainer.processing_class.save_pretrained(folder.final)
        folder.finish({"steps": trainer.state.global_step, "seconds": round(time.perf_counter() - start, 1)})
