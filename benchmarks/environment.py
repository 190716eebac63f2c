"""Where and with what a benchmark ran."""

import datetime
import platform
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

LIBRARIES = ("torch", "transformers", "trl")


def environment(script: str, arguments: Sequence[str], device: str) -> dict[str, Any]:
    """Hardware, versions, commit, date and command line; without names of files to write."""
    return {
        "hardware": torch.cuda.get_device_name() if device == "cuda" else _cpu_name(),
        "threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in LIBRARIES},
        "commit": _commit(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "command": " ".join(["python", f"benchmarks/{Path(script).name}", *_without_output(arguments)]),
    }


def one_line(record: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return f"{record['hardware']}, {record['threads']} threads, {versions}, {record['date']}, commit {record['commit']}"


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    folder = Path(__file__).parent
    run = [git, "-C", str(folder), "describe", "--always", "--dirty"]
    return subprocess.run(run, capture_output=True, text=True, check=False).stdout.strip() or "unknown"  # noqa: S603


def _without_output(arguments: Sequence[str]) -> list[str]:
    kept, skip = [], False
    for argument in arguments:
        if not skip and not argument.startswith("--json"):
            kept.append(argument)
        skip = argument == "--json"
    return kept
