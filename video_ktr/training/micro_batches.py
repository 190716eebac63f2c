"""A generation batch cut into micro-batches, the completions of a prompt staying side by side.

Letters: B rows (prompts x G), U prompts.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from trl import GRPOTrainer
from trl.trainer.utils import split_tensor_dict

Item = TypeVar("Item")


def distinct(items: Sequence[Item]) -> tuple[list[Item], list[int]]:
    """The different objects among `items`, in order of appearance, and the one each entry is."""
    found = {id(item): item for item in items}
    index = {identity: i for i, identity in enumerate(found)}
    return list(found.values()), [index[id(item)] for item in items]


def group_order(prompts: Sequence[object]) -> Tensor:
    """Rows (B) in a random order of prompts; rows that hold one prompt object stay together, in their order.

    TRL shuffles single rows, which would scatter a group over micro-batches. One permutation of the rows is drawn from
    torch's global generator, as TRL draws it, and the prompts come in the order of their first rows in it.
    """
    prompt_of_row = torch.tensor(distinct(prompts)[1])
    rank_of_row = torch.randperm(len(prompts))
    first_rank_U = torch.full((int(prompt_of_row.max()) + 1,), len(prompts))
    first_rank_U = first_rank_U.scatter_reduce(0, prompt_of_row, rank_of_row, "amin")
    return first_rank_U[prompt_of_row].argsort(stable=True)


def micro_batches(batch: dict[str, Any], prompts: Sequence[object], count: int) -> list[dict[str, Any]]:
    """`batch` in `count` parts of equal size, in `group_order`.

    A part that does not hold a whole number of groups begins or ends with part of a group.

    Args:
        batch: Tensors and lists of B entries; scalars and None go into every part.
        prompts: The prompt object of each row.
    """
    order = group_order(prompts)

    def reorder(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value if value.dim() == 0 else value[order.to(value.device)]
        return None if value is None else [value[i] for i in order.tolist()]

    return list(split_tensor_dict({key: reorder(value) for key, value in batch.items()}, count))


class GroupedMicroBatches(GRPOTrainer):
    """A GRPO trainer whose micro-batches hold whole groups where their size allows, and are let go after their use.

    Seams of TRL 1.16 that are overridden:
        `_prepare_inputs`: shuffles groups instead of rows.
        `training_step`: drops a micro-batch, pixels and all, after its last pass.
    """

    def _forget_generation(self) -> None:
        """Let go of what only the passes of the last generation needed."""

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        if not self.model.training:
            return super()._prepare_inputs(generation_batch)
        count = self.args.steps_per_generation
        if self._step % (count * self.num_iterations) == 0 or self._buffered_inputs is None:
            batch = self._generate_and_score_completions(generation_batch)
            self._buffered_inputs: list[Any] | None = micro_batches(batch, batch["prompts"], count)
            self._forget_generation()
        return self._buffered_inputs[self._step % count]

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """TRL's, and then the end of a micro-batch that will not be used again."""
        loss: Tensor = super().training_step(*args, **kwargs)
        count = self.args.steps_per_generation
        done, buffered = self._step - 1, self._buffered_inputs
        if buffered is not None and done % (count * self.num_iterations) >= count * (self.num_iterations - 1):
            buffered[done % count] = None
        return loss
