"""Seconds and floating-point operations of the phases of a step."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode


def _product(_: torch.Size, left: torch.Size, right: torch.Size, *__: Any, **___: Any) -> int:
    return 2 * left[0] * left[1] * right[1]


def _nothing(*_: Any, **__: Any) -> int:
    return 0


def flop_counter() -> FlopCounterMode:
    """Torch's counter, which counts matrix products, convolutions and attention, and nothing else.

    An (m, k) times a (k, n) matrix is 2 m k n. It does not know products that are added in place, of which the backward
    of TRL's LM head is made; here they count too. Pairs that a mask hides count as computed, in attention as a whole:
    fused kernels skip some of them.
    """
    # The counter runs an operation that it does not know by its parts, where it has any: those of this one round
    # otherwise than the whole, and a counted step would not be the same step.
    whole = {torch.ops.aten.silu_backward: _nothing}
    return FlopCounterMode(display=False, custom_mapping={torch.ops.aten.addmm_: _product, **whole})


class PhaseClock:
    """Adds up the time of named phases; what happens in an inner phase is not the outer's.

    It runs from `begin` to `end`; outside, phases take no time. On CUDA it waits for the device wherever a phase
    begins or ends, so that kernels count where they were started.

    Args:
        device: Where the work is done.
    """

    def __init__(self, device: torch.device):
        self.device = device
        self.seconds: dict[str, float] = defaultdict(float)
        """Since `begin`, by phase."""
        self.flops: dict[str, int] = defaultdict(int)
        """The same in operations, of what ran within `counting`."""
        self._phases: list[str] = []
        self._last = 0.0
        self._counter: FlopCounterMode | None = None
        self._counted = 0

    def begin(self, phase: str) -> None:
        """Start from nothing, in `phase`."""
        self.seconds.clear()
        self.flops.clear()
        self._phases = [phase]
        self._last = self._now()

    def end(self) -> None:
        """Stop."""
        self._settle()
        self._phases = []

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Inside, time and operations are those of `name`."""
        if not self._phases:
            yield
            return
        self._settle()
        self._phases.append(name)
        try:
            yield
        finally:
            self._settle()
            self._phases.pop()

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Inside, operations are counted, which takes time of its own; the results stay what they are."""
        with flop_counter() as counter:
            self._counter, self._counted = counter, 0
            try:
                yield
            finally:
                self._settle()
                self._counter = None

    def _settle(self) -> None:
        """Give what has passed to the phase that was on."""
        now = self._now()
        self.seconds[self._phases[-1]] += now - self._last
        self._last = now
        if self._counter is not None:
            total = self._counter.get_total_flops()
            self.flops[self._phases[-1]] += total - self._counted
            self._counted = total

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()
