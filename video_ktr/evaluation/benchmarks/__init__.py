"""The benchmarks of the paper, one file each, and the registry that finds them by name."""

from video_ktr.evaluation.benchmarks.benchmark import MODES, Benchmark, Mode
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.benchmarks.registry import BENCHMARKS, find_benchmark

__all__ = ["BENCHMARKS", "MODES", "Benchmark", "Mode", "Question", "find_benchmark"]
