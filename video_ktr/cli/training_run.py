"""What `train` and `sft` share once the trainer is built: resume, show progress, save, mark as finished."""

import time
from typing import Any

from transformers.trainer_callback import PrinterCallback, ProgressCallback

from video_ktr.cli.progress import StepProgress
from video_ktr.cli.run_folder import RunFolder
from video_ktr.cli.settings import Settings


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
