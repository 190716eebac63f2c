"""Whether the disk holds what the run will write."""

import shutil
from pathlib import Path

from video_ktr.cli.checkup.finding import Finding
from video_ktr.cli.checkup.memory import GIB, MemoryEstimate


def check_disk(folder: Path, estimate: MemoryEstimate, *, checkpoints: int | None) -> Finding:
    """Compare the free space with the final model and `checkpoints` checkpoints (weights and optimizer state each).

    None for `checkpoints` means that none is ever removed: then one more than now must fit, and a warning says so.
    """
    free = shutil.disk_usage(nearest_existing(folder)).free
    one = estimate.weights + estimate.optimizer
    needed = estimate.weights + one * (2 if checkpoints is None else checkpoints + 1)
    text = f"{free / GIB:.1f} GiB free at {folder}, about {needed / GIB:.1f} needed ({one / GIB:.1f} a checkpoint)"
    if needed > free:
        return Finding("disk", "problem", f"{text}: free some, or choose another output_dir")
    if checkpoints is None:
        return Finding("disk", "warning", f"{text}: no checkpoint is ever removed, set save_total_limit")
    return Finding("disk", "ok", text)


def nearest_existing(folder: Path) -> Path:
    """The folder itself, or its nearest parent that is there."""
    resolved = folder.absolute()
    return next(path for path in (resolved, *resolved.parents) if path.exists())
