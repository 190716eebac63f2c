"""A generation batch cut into micro-batches, the completions of a prompt staying side by side.

Letters: B rows (prompts x G).
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from trl.trainer.utils import split_tensor_dict

Item = TypeVar("Item")


def distinct(items: Sequence[Item]) -> tuple[list[Item], list[int]]:
    """The different objects among `items`, in order of appearance, and the one each entry is."""
    found = {id(item): item for item in items}
    index = {identity: i for i, identity in enumerate(found)}
    return list(found.values()), [index[id(item)] for item in items]


def group_order(prompts: Sequence[object]) -> Tensor:
    """Rows (B) in a random order of prompts; rows that hold one prompt object stay together, in their order.

    TRL shuffles single rows, which would scatter a group over micro-batches. Draws from torch's global generator.
    """
    _, prompt_of_row = distinct(prompts)
    rank_of_prompt = torch.randperm(max(prompt_of_row) + 1)
    return rank_of_prompt[torch.tensor(prompt_of_row)].argsort(stable=True)


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
