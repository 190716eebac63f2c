"""Progress of a training run in the terminal: a bar with loss, reward and time left, or lines where there is no bar."""

import math
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

SHOWN = {
    "loss": "loss",
    "reward": "reward",
    "rewards/accuracy_reward/mean": "accuracy",
    "key_tokens/update_ratio": "key tokens",
}
LINES_A_RUN = 10


class StepProgress(TrainerCallback):
    """Shows the steps of one training run on the main process.

    In a terminal, a bar; elsewhere (a log file), about ten lines a run.
    """

    def __init__(self, title: str, console: Console | None = None):
        self.title = title
        self.console = console or Console(stderr=True)
        self.progress: Progress | None = None
        self.figures = ""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Open the bar, at the step a resumed run starts from."""
        del args, control, kwargs
        if not state.is_world_process_zero:
            return
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.progress.add_task(self.title, total=state.max_steps, completed=state.global_step, figures="")
        self.progress.start()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take over the newest figures."""
        del args, state, control, kwargs
        # TRL logs None for a metric that had no values, such as the accuracy of rows that none could be scored.
        given = {label: (logs or {}).get(key) for key, label in SHOWN.items()}
        found = {label: value for label, value in given.items() if value is not None}
        if found:
            self.figures = "  ".join(f"{label} {value:.3f}" for label, value in found.items())

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Move the bar, or write a line every tenth of the run."""
        del args, control, kwargs
        if self.progress is None:
            return
        self.progress.update(self.progress.task_ids[0], completed=state.global_step, figures=self.figures)
        every = max(1, math.ceil(state.max_steps / LINES_A_RUN))
        if not self.console.is_terminal and state.global_step % every == 0:
            line = f"{self.title}: step {state.global_step} of {state.max_steps}  {self.figures}"
            self.console.print(line, highlight=False, soft_wrap=True)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Close the bar."""
        del args, state, control, kwargs
        if self.progress is not None:
            self.progress.stop()
            self.progress = None
