"""Time and peak memory of pieces of work, alternating so that a noisy machine treats them alike."""

import ctypes
import gc
import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Measurement:
    """One piece of work: seconds and extra bytes at the peak, one entry a repeat."""

    seconds: list[float]
    peak_bytes: list[int]

    @property
    def median_seconds(self) -> float:
        return statistics.median(self.seconds)

    @property
    def median_peak_mb(self) -> float:
        # Never 0: a piece may end before memory is looked at.
        return max(1, statistics.median(self.peak_bytes)) / 2**20


class PeakMemory:
    """Bytes above the start at the highest point: CUDA's counter, or resident memory (glibc) looked at every 2 ms."""

    def __init__(self, device: str):
        self.cuda = device == "cuda"

    def __enter__(self) -> "PeakMemory":
        self.peak = 0
        if self.cuda:
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
            self.start = torch.cuda.memory_allocated()
            return self
        # Memory freed by the piece before goes back to the system, so that it does not hide what this one takes.
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        self.start = self._resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.cuda:
            torch.cuda.synchronize()
            self.peak = torch.cuda.max_memory_allocated() - self.start
            return
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.002):
            self.peak = max(self.peak, self._resident() - self.start)

    @staticmethod
    def _resident() -> int:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def alternate(work: dict[str, Callable[[], object]], repeats: int, device: str = "cpu") -> dict[str, Measurement]:
    """Run every piece `repeats` times, in turns, after one turn that warms up and does not count."""
    results = {name: Measurement([], []) for name in work}
    for repeat in range(repeats + 1):
        for name, run in work.items():
            with PeakMemory(device) as memory:
                start = time.perf_counter()
                run()
                if device == "cuda":
                    torch.cuda.synchronize()
                seconds = time.perf_counter() - start
            if repeat:
                results[name].seconds.append(seconds)
                results[name].peak_bytes.append(memory.peak)
    return results


def paired_ratio(numerator: Sequence[Measurement], denominator: Sequence[Measurement]) -> float:
    """Median over turns of (sum of the one) / (sum of the other): a noisy machine slows both halves of a turn."""
    tops = zip(*(m.seconds for m in numerator), strict=True)
    bottoms = zip(*(m.seconds for m in denominator), strict=True)
    return statistics.median(sum(top) / sum(bottom) for top, bottom in zip(tops, bottoms, strict=True))


def peak_ratio(numerator: Sequence[Measurement], denominator: Sequence[Measurement]) -> float:
    """Highest median peak of the one over that of the other: pieces run one after the other."""
    return max(m.median_peak_mb for m in numerator) / max(m.median_peak_mb for m in denominator)
