"""The order of prompts, a function of seed and epoch; which copies of a batch are looked at; how far ahead to read."""

from collections.abc import Iterator

from trl.trainer.utils import RepeatSampler


class Repeat(int):
    """A dataset index in a later copy of a batch.

    TRL draws a batch for every pass over a generation (R = num_iterations * steps_per_generation of them), and looks
    at the first alone. The others need no media decoded.

    Example:
        `[4, 4, 3, 3, Repeat(4), Repeat(4), Repeat(3), Repeat(3)]`: two questions, G = 2, R = 2.
    """

    __slots__ = ()


class EpochRepeatSampler(RepeatSampler):
    """TRL's `RepeatSampler`, shuffled by seed and epoch; later copies of a batch come as `Repeat`.

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
        rows = self.batch_size * self.mini_repeat_count
        for position, index in enumerate(super().__iter__()):
            yield Repeat(index) if position // rows % self.repeat_count else index


def prefetch_factor(num_workers: int, copies: int) -> int:
    """Batches each worker must be ahead for the next generation's media to be decoded during a whole generation.

    The loader hands out `num_workers * prefetch_factor` batches ahead, and `copies` of them are one generation's: with
    torch's default of 2 and 8 copies, one worker would get the next generation's batch only when the trainer already
    waits for it.

    Args:
        num_workers: `dataloader_num_workers`, at least 1.
        copies: `num_iterations * steps_per_generation`.
    """
    return -(-copies // num_workers)
