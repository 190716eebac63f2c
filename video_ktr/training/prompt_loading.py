"""Prompts encoded where the dataset is read, so that loader workers do it while the trainer is at the batch before.

A batch crosses from a worker to the trainer as one pickle, tensors through shared memory: rows that hold one prompt
there hold one prompt here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datasets import Dataset
from torch.utils import data
from trl import GRPOTrainer

from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.errors import VideoKTRError
from video_ktr.training.prompt_rows import Messages, PromptRows, conversation, encode_rows
from video_ktr.training.sampler import EpochRepeatSampler, Repeat

ENCODED = "_encoded_prompt"
"""The key of a row under which its prompt travels."""

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Encoded:
    """A prompt on its way from the loader to the trainer; rows of equal conversations carry the same one.

    Neither a container nor an object with a method `to` or `pin_memory`: on its way accelerate and torch look into
    those, and would copy the prompt for every row and put the pixels on the device long before they are needed.
    """

    key: str
    """The digest of the conversation, as in `PromptRows.keys`."""
    prompt: EncodedPrompt


class EncodedPrompts(data.Dataset[Row]):
    """A dataset whose rows carry their encoded prompt under `ENCODED`.

    A batch's distinct conversations are encoded once each. Rows that are asked for by a `Repeat` carry nothing. What
    is wrong with the user's data is carried too, in place of the prompts, and raised by `take_encoded`: raised in a
    worker, torch would turn its one line into a traceback.

    Args:
        dataset: Rows with messages under "prompt".
        encoder: Runs in the loader's workers, on the CPU.

    Example:
        Two questions, G = 2, indices [4, 4, 3, 3]: the first two rows hold one `Encoded`, the last two another.
    """

    def __init__(self, dataset: Dataset, encoder: PromptEncoder):
        self.dataset = dataset
        self.encoder = encoder

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Row:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Row]:
        """The rows of a batch: what torch's loader calls. Rows of one index share their values, not the dict."""
        distinct = list(dict.fromkeys(int(index) for index in indices))
        rows = dict(zip(distinct, self.dataset.__getitems__(distinct), strict=True))
        wanted = dict.fromkeys(int(index) for index in indices if not isinstance(index, Repeat))
        carried = dict(zip(wanted, self._encode([rows[index] for index in wanted]), strict=True))
        return [
            dict(rows[index]) if isinstance(index, Repeat) else {**rows[index], ENCODED: carried[index]}
            for index in indices
        ]

    def _encode(self, rows: list[Row]) -> Sequence[Encoded | VideoKTRError]:
        try:
            found = encode_rows([conversation(row) for row in rows], self.encoder)
        except VideoKTRError as error:
            return [error] * len(rows)
        carriers = [Encoded(key, prompt) for key, prompt in zip(found.keys, found.prompts, strict=True)]
        return [carriers[i] for i in found.prompt_of_row]


def take_encoded(rows: Sequence[Row], conversations: Sequence[Messages], encoder: PromptEncoder) -> PromptRows:
    """`encode_rows(conversations, encoder)`, with the work already done where the rows carry it.

    The prompts are taken out of `rows`, which is written into for that: transformers' trainer holds the rows to the
    end of an optimizer step, and would hold the pixels with them.

    Args:
        rows: A batch of `EncodedPrompts`, or rows that carry nothing (a streamed dataset, a loader without workers).
        conversations: The messages of each row.
        encoder: For rows that carry nothing.

    Raises:
        VideoKTRError: The user's data cannot be used, as `encode_rows` raises it.
    """
    carried = [row.pop(ENCODED, None) for row in rows]
    for item in carried:
        if isinstance(item, VideoKTRError):
            raise item
    if any(item is None for item in carried):
        return encode_rows(conversations, encoder)
    prompts = {item.key: item.prompt for item in carried}
    place = {key: i for i, key in enumerate(prompts)}
    return PromptRows(list(prompts.values()), [place[item.key] for item in carried], list(prompts))


class EncodedLoader(GRPOTrainer):
    """A GRPO trainer whose loader workers, where it has any, encode the next generation's prompts.

    Without workers the trainer encodes them itself: the loader would do it in the same process, only sooner.

    Seams that are overridden:
        `_get_train_sampler` of TRL 1.16: the same order of prompts, but a function of the epoch, so that it survives
            a resume.
        `_get_dataloader` of transformers' Trainer: wraps a dataset that has an index in `EncodedPrompts`.
    """

    prompt_encoder: PromptEncoder

    def _get_train_sampler(self, dataset: Any = None) -> EpochRepeatSampler:
        theirs = super()._get_train_sampler(dataset)
        return EpochRepeatSampler(
            theirs.data_source,
            theirs.mini_repeat_count,
            theirs.batch_size,
            theirs.repeat_count,
            shuffle=theirs.shuffle,
            seed=theirs.seed,
        )

    def _get_dataloader(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(dataset, Dataset) and self.args.dataloader_num_workers > 0:
            dataset = EncodedPrompts(dataset, self.prompt_encoder)
        return super()._get_dataloader(dataset, *args, **kwargs)
