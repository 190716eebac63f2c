"""The output folder of a training verb: what was asked, how far it got, whether it is finished."""

import json
import re
from pathlib import Path
from typing import Any

from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

CHECKPOINT = re.compile(r"checkpoint-(\d+)")
# The Trainer writes this file last: a checkpoint without it was cut short.
LAST_OF_CHECKPOINT = "trainer_state.json"


class RunFolder:
    """One output folder.

    folder/settings.json      the settings the run was started with
    folder/checkpoint-N/      the Trainer's checkpoints
    folder/final/             model and processor, and the marker `done` when all of it is written
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.final = self.folder / "final"

    @property
    def is_finished(self) -> bool:
        """Whether the final model is there, whole."""
        return (self.final / "done").exists()

    def check_same(self, settings: Settings) -> None:
        """Raise ConfigError when the folder holds a run that was started with other settings.

        Where the folder is does not count: it may have been moved.
        """
        record = self.folder / "settings.json"
        if not record.exists():
            return
        before, now = json.loads(record.read_text(encoding="utf-8")), _plain(settings)
        changed = sorted(key for key in {*before, *now} - {"output_dir"} if before.get(key) != now.get(key))
        if changed:
            raise ConfigError(
                f"{self.folder}: holds a run with other settings ({', '.join(changed)} changed); choose another "
                f"output_dir, or remove {record} to go on from its last checkpoint all the same"
            )

    def start(self, settings: Settings) -> None:
        """Record the settings."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_plain(settings), indent=1, sort_keys=True) + "\n"
        (self.folder / "settings.json").write_text(text, encoding="utf-8")

    def newest_checkpoint(self) -> Path | None:
        """The whole checkpoint of the most steps; None when there is none."""
        found = {
            int(match[1]): path
            for path in self.folder.glob("checkpoint-*")
            if (match := CHECKPOINT.fullmatch(path.name)) and (path / LAST_OF_CHECKPOINT).exists()
        }
        return found[max(found)] if found else None

    def finish(self, summary: dict[str, Any]) -> None:
        """Mark the final model as whole; `summary` goes into the marker."""
        (self.final / "done").write_text(json.dumps(summary) + "\n", encoding="utf-8")


def _plain(settings: Settings) -> Settings:
    plain: Settings = json.loads(json.dumps(settings, default=str))
    return plain
