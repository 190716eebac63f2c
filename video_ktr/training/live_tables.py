"""A small table of coloured completions, sent to where the metrics go while a run trains.

Letters: B rows, T completion tokens.
"""

from typing import Any

from torch import Tensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.integrations import TensorBoardCallback
from transformers.trainer_callback import CallbackHandler

from video_ktr.attribution import KeyTokens
from video_ktr.records.token_text import SIGNALS, words_of
from video_ktr.training.config import VideoKTRConfig
from video_ktr.training.generation_record import Generation
from video_ktr.training.live_table_text import TableRow, table_markdown, table_page
from video_ktr.training.token_records import last_text, selections

NAME = "train/key_tokens/completions"
BACKENDS = ("wandb", "trackio", "tensorboard")


class LiveTables(TrainerCallback):
    """Shows the first completions of the newest generation that learn, whenever metrics are logged.

    W&B and Trackio get an HTML page, TensorBoard, which shows no colours, a Markdown table with marks. Nothing is kept
    or sent when `report_to` names none of them, and on other processes than the main one. A step without a new
    generation, or with groups of equal rewards alone, has no table.

    Args:
        args: The trainer's, with `live_table_completions`, the number of rows.
        tokenizer: Turns single ids into text.
        callbacks: The trainer's, among them the one that holds TensorBoard's writer.
    """

    def __init__(self, args: VideoKTRConfig, tokenizer: Any, callbacks: CallbackHandler):
        self.backends = [name for name in BACKENDS if name in args.report_to]
        self.most = args.live_table_completions if self.backends and args.process_index == 0 else 0
        self.tokenizer = tokenizer
        self.callbacks = callbacks
        self.rows: list[TableRow] = []
        self._step = (-1, 0)

    def take(self, *, generation: Generation, row_numbers: list[int], keys: KeyTokens, advantages_B: Tensor) -> None:
        """Keep what is to be shown of some rows of a generation; arguments as `TokenRecorder.write`."""
        if generation.step != self._step:
            self.rows, self._step = [], generation.step
        for index, number in enumerate(row_numbers):
            if len(self.rows) >= self.most:
                return
            if generation.attributed_B[index]:
                self.rows.append(self._row(generation, number, keys, index, float(advantages_B[index])))

    def _row(self, generation: Generation, number: int, keys: KeyTokens, index: int, advantage: float) -> TableRow:
        tokens = generation.token_ids[number]
        record = {
            "tokens": [self.tokenizer.decode([token]) for token in tokens],
            **selections(keys, index, len(tokens)),
            **{f"{name}_score": None for name in SIGNALS},
        }
        rewards = {name.removesuffix("_reward"): values[number] for name, values in generation.rewards.items()}
        return TableRow(
            question=last_text(generation.rows[number]["prompt"]),
            rewards=", ".join(f"{name} {value:.3g}" for name, value in rewards.items() if value is not None),
            advantage=f"{advantage:+.3g}",
            words=words_of(record),
        )

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Send the rows that were kept, once."""
        del args, control, kwargs
        if not self.rows:
            return
        rows, self.rows = self.rows, []
        for name in self.backends:
            if name == "tensorboard":
                self._to_tensorboard(state.global_step, rows)
            else:
                _to_run(name, state.global_step, rows)

    def _to_tensorboard(self, step: int, rows: list[TableRow]) -> None:
        for callback in self.callbacks.callbacks:
            if isinstance(callback, TensorBoardCallback) and callback.tb_writer is not None:
                callback.tb_writer.add_text(NAME, table_markdown(rows), step)
                callback.tb_writer.flush()


def _to_run(name: str, step: int, rows: list[TableRow]) -> None:
    page = table_page(step, rows)
    if name == "wandb":
        import wandb

        wandb.log({NAME: wandb.Html(page, inject=False), "train/global_step": step})
    else:
        import trackio

        trackio.log({NAME: trackio.Html(page, inject=False), "train/global_step": step})
