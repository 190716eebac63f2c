"""Weights that are split over processes, whole for a while."""

import importlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import nn
from torch.distributed.fsdp import FSDPModule
from trl.models.utils import add_hooks, remove_hooks

FSDP_CODE = "torch.distributed.fsdp"
"""Where FSDP2's hooks are defined."""


@contextmanager
def whole_weights(model: Any) -> Iterator[None]:
    """Inside, every part of `model` can be run by itself, any number of times, without the other processes.

    FSDP2 and DeepSpeed ZeRO-3 gather a layer's weights when the layer runs, for which all processes have to run the
    same layers in the same order. Generation and scoring do not: a text-only prompt has no vision pass, a group of
    equal rewards no counterfactual. So all weights are gathered at the start and split again at the end; in between
    they lie on every device, in the precision they are computed in. Gradients that have piled up are left alone.
    With weights that are whole anyway (one process, DDP, ZeRO-2) nothing is done.

    All processes enter and leave together. Weights must not change inside. Do not nest for one model.

    Args:
        model: As the engine wraps it, for ZeRO-3 the DeepSpeed engine.
    """
    with ExitStack() as stack:
        if any(hasattr(parameter, "ds_id") for parameter in model.parameters()):
            stack.enter_context(_whole_zero3(model))
        shards = [module for module in model.modules() if isinstance(module, FSDPModule)]
        if shards:
            stack.enter_context(_whole_fsdp(shards))
        yield


@contextmanager
def _whole_zero3(engine: Any) -> Iterator[None]:
    # Not a dependency: it is there if weights are split by it.
    zero = importlib.import_module("deepspeed").zero
    with zero.GatheredParameters(list(engine.parameters())):
        remove_hooks(engine)
        try:
            yield
        finally:
            add_hooks(engine)


@contextmanager
def _whole_fsdp(shards: list[Any]) -> Iterator[None]:
    for module in shards:
        module.unshard()
    with ExitStack() as stack:
        for module in shards:
            # Left on, a hook would record each pass for the next backward to prefetch, and the first part to run
            # would take itself for the root.
            stack.enter_context(_without_fsdp_hooks(module))
        yield
    for module in shards:
        module.reshard()


@contextmanager
def _without_fsdp_hooks(module: nn.Module) -> Iterator[None]:
    tables = [module._forward_pre_hooks, module._forward_hooks]
    before = [dict(table) for table in tables]
    for table in tables:
        for key, hook in list(table.items()):
            if getattr(hook, "__module__", "").startswith(FSDP_CODE):
                del table[key]
    try:
        yield
    finally:
        for table, hooks in zip(tables, before, strict=True):
            # In their former order, which says when inputs are cast.
            added = {key: hook for key, hook in table.items() if key not in hooks}
            table.clear()
            table.update({**hooks, **added})
