"""What each optimizer step costs: seconds by phase, memory, speed, and on request floating-point operations."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from video_ktr.training.phase_clock import PhaseClock

PHASES = ("generate", "score", "attribute", "update")


class StepCosts(TrainerCallback):
    """Logs `cost/*` at every optimizer step (paper, Table 4).

    The phases, in seconds, 0 where a step has no such pass:
        `cost/generate_seconds`: drawing completions, T-GRPO's from shuffled frames too.
        `cost/score_seconds`: passes without gradients under the true video: old policy, reference, and key tokens' own
            where no other pass can stand for it.
        `cost/attribute_seconds`: what says which tokens learn: the counterfactual passes and the selection.
        `cost/update_seconds`: forward, backward and optimizer.
    Reading videos, waiting for the loader's workers, rewards and bookkeeping are none of them, but belong to the step.
    Evaluation, checkpoints and the measuring of `log_gradient_decomposition` are not of the step.

        `cost/forward_seconds`: what one micro-batch waits for until its loss can be formed: its forward pass with
            gradients, and its share of the step's attribution (the step's time over its micro-batches). The paper does
            not say what its "fwd Lat." holds.
        `cost/samples_per_second`: completions that the step learned from, of all processes, a second of the step.
        `cost/peak_memory_bytes`: most memory that torch held on a GPU since the process began, of the process where it
            is largest; without CUDA, the most that a process held resident. What evaluation, checkpoints and
            `log_gradient_decomposition` held is in it; what a loader's workers held is not.

    At every `every`-th step, operations are counted instead of seconds, since counting takes time: `cost/*_flops` of
    the same phases, and `cost/forward_flops`, the mean over processes. `flop_counter` says what counts. Where a
    generation serves several steps, choose `every` so that counts fall on steps of both kinds.

    Args:
        metrics: TRL's lists of what is to be logged, of training.
        every: Steps from one count to the next; 0: none.
    """

    def __init__(self, accelerator: Accelerator, metrics: dict[str, list[float]], every: int):
        self.clock = PhaseClock(accelerator.device)
        self.processes: int = accelerator.num_processes
        self.metrics = metrics
        self.every = every
        self._counts = False
        self._passes = 0
        self._waited = 0.0

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Inside, a step's time is that of `name`."""
        return self.clock.phase(name)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Holds the wait for a step's batches, which ends before the step begins."""
        start = time.perf_counter()
        yield
        self._waited = time.perf_counter() - start

    @contextmanager
    def micro_batch(self) -> Iterator[None]:
        """Holds all of a micro-batch's work but the optimizer's."""
        self._passes += 1
        if not self._counts:
            yield
            return
        with self.clock.counting():
            yield

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock."""
        del args, control, kwargs
        self._passes = 0
        self._counts = bool(self.every) and (state.global_step + 1) % self.every == 0
        self.clock.begin("update")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Stop it, and hand TRL what is to be logged."""
        del state, control, kwargs
        self.clock.end()
        samples = args.per_device_train_batch_size * self._passes
        if self._counts:
            values = {f"{name}_flops": float(n) for name, n in self._by_phase(self.clock.flops).items()}
        else:
            values = {f"{name}_seconds": n for name, n in self._by_phase(self.clock.seconds).items()}
            elapsed = sum(seconds for name, seconds in self.clock.seconds.items() if name != "measure")
            values["samples_per_second"] = samples * self.processes / (self._waited + elapsed)
        each = gather_object([{**values, "peak_memory_bytes": float(peak_memory(self.clock.device))}])
        for name in each[0]:
            found = [of_process[name] for of_process in each]
            value = max(found) if name == "peak_memory_bytes" else sum(found) / len(found)
            self.metrics[f"cost/{name}"].append(value)

    def _by_phase(self, spent: dict[str, Any]) -> dict[str, float]:
        """The phases, and the forward pass of one micro-batch, which is a part of the update, with its attribution."""
        named = {name: float(spent[name]) for name in PHASES}
        named["update"] += spent["forward"]
        return {**named, "forward": (spent["forward"] + spent["attribute"]) / max(1, self._passes)}


def peak_memory(device: torch.device) -> int:
    """Most bytes this process has held: allocated by torch on a CUDA device, else resident."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    status = Path("/proc/self/status")
    # Preferred where there is one: getrusage counts what the parent held when it started this process.
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE) if status.exists() else None
    if found:
        return int(found[1]) * 1024
    import resource  # Windows has none.

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
