"""What the cells of a study were made with: code, packages, machine and date."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from video_ktr.study.results import CellResult

PACKAGES = ("torch", "transformers", "trl")


def here_and_now() -> dict[str, Any]:
    """Processor, its cores and today's date in UTC; what the record of a training run does not hold."""
    return {"cpu": _processor(), "cores": os.cpu_count(), "date": datetime.now(UTC).date().isoformat()}


def made_with(results: Sequence[CellResult]) -> str:
    """One paragraph; where cells differ, all that was seen."""
    seen = [result.environment for result in results]
    packages = (", ".join(f"{name} {one['packages'][name]}" for name in PACKAGES) for one in seen)
    machines = (f"{one['cpu']} with {one['cores']} cores, {one['cpu_threads']} of them a cell" for one in seen)
    gpus = (", ".join(one["gpus"]) or "no GPU" for one in seen)
    dates = sorted({one["date"] for one in seen})
    return (
        f"Commit {_each(str(one['commit']) for one in seen)}; {_each(packages)}; {_each(machines)}; {_each(gpus)}; "
        f"{' to '.join(dict.fromkeys([dates[0], dates[-1]]))}."
    )


def _each(values: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(values))


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
