"""A chain of stages that a re-run takes up where it stopped.

Each stage owns a folder. The folder's `stage.json` holds a fingerprint of the stage's settings and of all before it:
when they change, this stage and all after it are made anew.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from video_ktr import __version__
from video_ktr.errors import ConfigError

MARKER = "stage.json"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage."""

    title: str
    folder: Path
    settings: dict[str, Any]
    """All that decides what the stage makes, apart from the stages before it."""
    make: Callable[[], None]
    """Makes it; called again after an interruption, it goes on."""


def run_stages(stages: Sequence[Stage], console: Console) -> None:
    """Run the stages in order, reusing those that are finished with the same settings.

    Raises ConfigError rather than delete a folder that no stage has made.
    """
    fingerprint = __version__
    for number, stage in enumerate(stages, 1):
        fingerprint = _digest(fingerprint, stage.settings)
        heading = f"[{number}/{len(stages)}] {stage.title}"
        seconds = _finished(stage.folder, fingerprint)
        if seconds is not None:
            console.print(f"{heading}: done before, in {seconds:.0f} s", highlight=False)
            continue
        console.print(heading, style="bold", highlight=False)
        _claim(stage.folder, fingerprint)
        start = time.perf_counter()
        stage.make()
        seconds = time.perf_counter() - start
        _write(stage.folder, {"fingerprint": fingerprint, "seconds": round(seconds, 1)})
        console.print(f"{heading}: {seconds:.0f} s", highlight=False)


def _digest(before: str, settings: dict[str, Any]) -> str:
    text = before + json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _finished(folder: Path, fingerprint: str) -> float | None:
    """Seconds the finished stage took; None when it is not there with this fingerprint."""
    record = _read(folder)
    return record.get("seconds") if record.get("fingerprint") == fingerprint else None


def _claim(folder: Path, fingerprint: str) -> None:
    if _read(folder).get("fingerprint") == fingerprint:
        return
    if (folder / MARKER).exists():
        shutil.rmtree(folder)
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder}: holds files that no stage made; remove the folder or choose another output")
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, {"fingerprint": fingerprint})


def _read(folder: Path) -> dict[str, Any]:
    marker = folder / MARKER
    if not marker.exists():
        return {}
    record: dict[str, Any] = json.loads(marker.read_text(encoding="utf-8"))
    return record


def _write(folder: Path, record: dict[str, Any]) -> None:
    (folder / MARKER).write_text(json.dumps(record) + "\n", encoding="utf-8")
