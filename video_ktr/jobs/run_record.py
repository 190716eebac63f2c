"""What a folder of results was made with, so that only the same run goes on in it."""

import json
from pathlib import Path
from typing import Any

from video_ktr.errors import ConfigError
from video_ktr.jobs.ledger import LEDGER
from video_ktr.jobs.whole_files import whole_file

RECORD = "settings.json"


def claim_folder(folder: Path) -> None:
    """Make the folder of a run, or find it. Raises ConfigError when it holds files that are not of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {path.name for path in folder.iterdir()}
    if RECORD not in names and names - {LEDGER, f"{RECORD}.partial"}:
        raise ConfigError(f"{folder}: holds files but no {RECORD} of a run; choose an empty or new folder")


def require_same_run(folder: Path, settings: dict[str, Any], *, fresh: bool) -> None:
    """Record `settings`, or compare them with the record of what was done already.

    `settings` are all that decides what is recorded, as plain values; `fresh` means that nothing was done, so that
    they may be what they like. Raises ConfigError that names what differs.
    """
    record = folder / RECORD
    now = json.loads(json.dumps(settings))
    if fresh:
        with whole_file(record) as partial:
            partial.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    if not record.exists():
        raise ConfigError(
            f"{folder}: holds results but no {RECORD} to tell what they were made with; choose another out"
        )
    before = json.loads(record.read_text(encoding="utf-8"))
    changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
    if changed:
        raise ConfigError(
            f"{folder}: holds a run with other settings ({', '.join(changed)} changed); choose another out, or remove "
            "the folder to start again"
        )
