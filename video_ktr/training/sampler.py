"""The order of prompts, as a function of seed and epoch."""

from collections.abc import Iterator

from trl.trainer.utils import RepeatSampler


class EpochRepeatSampler(RepeatSampler):
    """TRL's `RepeatSampler`, shuffled by seed and epoch.

    TRL's own draws each epoch's order from one running generator, which a resumed run starts anew: its second epoch
    would come in the order of the first. transformers' trainer calls `set_epoch` before every epoch.
    """

    epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order the next iteration follows."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        if self.shuffle:
            self.generator.manual_seed((self.seed or 0) + self.epoch)
        yield from super().__iter__()
