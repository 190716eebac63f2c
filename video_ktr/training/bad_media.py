"""How many prompts of a run had media that cannot be read, which files they were, and when that is too many."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.utils import logging

from video_ktr.errors import MediaError
from video_ktr.training.unreadable import UnreadablePrompt

FILE = "unreadable.jsonl"
LEAST_PROMPTS = 100
"""The share is of this many prompts at least: one bad file among the first ten is no tenth of the data."""

Fault = tuple[str | None, str]
"""A file, None for media in memory, and the error of one line."""
logger = logging.get_logger(__name__)


def faults_of(prompts: Iterable[object]) -> list[Fault]:
    """What is wrong with the unreadable ones among `prompts`."""
    return [(prompt.file, prompt.error) for prompt in prompts if isinstance(prompt, UnreadablePrompt)]


class BadMedia(TrainerCallback):
    """Counts the prompts of a run, and ends it when the media of too many cannot be read.

    `unreadable.jsonl` in the run directory names each such file once, with the error and the step it was first met at;
    the main process writes it. A resumed run drops what it is about to repeat, and counts from its own start.

    Args:
        policy: "stop" ends the run at the first prompt whose media cannot be read.
        max_share: The run ends when more than this share of the prompts met is unreadable; of the first
            `LEAST_PROMPTS`, when more than this share of `LEAST_PROMPTS` is.
    """

    def __init__(self, folder: str | Path, policy: Literal["skip", "stop"], max_share: float):
        self.path = Path(folder) / FILE
        self.policy = policy
        self.max_share = max_share
        self.met = self.bad = 0.0
        self._known: dict[str, str] = {}

    @property
    def share(self) -> float:
        """Share of the prompts met so far whose media cannot be read."""
        return self.bad / self.met if self.met else 0.0

    def meet(self, prompts: float, faults: list[Fault], bad: float, state: TrainerState) -> None:
        """Count the prompts of one batch, on all processes together: every process must give the same.

        Args:
            prompts: How many there are.
            faults: What is wrong with the unreadable ones, once or more often each.
            bad: How many of them there are.
            state: The trainer's.

        Raises:
            MediaError: There are too many. One line with their number and the first file.
        """
        self.met += prompts
        self.bad += bad
        for file, error in faults:
            if (file or error) not in self._known:
                self._known[file or error] = error
                if state.is_world_process_zero:
                    self._record({"file": file, "error": error, "step": state.global_step})
        if bad and self.policy == "stop":
            raise MediaError(faults[0][1])
        if self.bad > self.max_share * max(self.met, LEAST_PROMPTS):
            raise MediaError(
                f"{self._found()}, more than max_bad_media_share={self.max_share} allows: {self._listed()}"
            )

    def _record(self, entry: dict[str, Any]) -> None:
        logger.warning("left out of training: %s", entry["error"])
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _found(self) -> str:
        return f"the media of {self.bad:g} of {self.met:g} prompts cannot be read"

    def _listed(self) -> str:
        return f"{len(self._known)} in {self.path}, the first is {next(iter(self._known.values()))}"

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Keep what a resumed run had found before its checkpoint."""
        del args, control, kwargs
        if not state.is_world_process_zero or not self.path.exists():
            return
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if state.global_step and json.loads(line)["step"] < state.global_step]
        entries = [json.loads(line) for line in kept]
        self._known = {entry["file"] or entry["error"]: entry["error"] for entry in entries}
        self.path.write_text("".join(kept), encoding="utf-8")

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Refuse to end a run that learnt from nothing. Raises MediaError."""
        del args, state, control, kwargs
        if self.met and self.bad == self.met:
            raise MediaError(f"{self._found()}, so nothing was learnt: {self._listed()}")
