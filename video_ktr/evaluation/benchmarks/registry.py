"""The benchmarks that settings can name, and one of the user's own."""

from video_ktr.errors import ConfigError
from video_ktr.evaluation.benchmarks.ai2d import AI2D
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.chartqa import ChartQA
from video_ktr.evaluation.benchmarks.mmmu import MMMU
from video_ktr.evaluation.benchmarks.mmstar import MMStar
from video_ktr.evaluation.benchmarks.mmvu import MMVU
from video_ktr.evaluation.benchmarks.mvbench import MVBench
from video_ktr.evaluation.benchmarks.tempcompass import TempCompass
from video_ktr.evaluation.benchmarks.video_holmes import VideoHolmes
from video_ktr.evaluation.benchmarks.videomme import VideoMME
from video_ktr.evaluation.benchmarks.videommmu import VideoMMMU
from video_ktr.evaluation.benchmarks.vsibench import VSIBench
from video_ktr.own_code import import_object

_ALL: tuple[Benchmark, ...] = (
    VideoHolmes(),
    VideoMMMU(),
    MMVU(),
    MMVU(open_ended=True),
    TempCompass(),
    VideoMME(),
    VideoMME(subtitles=True),
    MVBench(),
    VSIBench(),
    MMMU(),
    AI2D(),
    MMStar(),
    ChartQA(),
)
BENCHMARKS: dict[str, Benchmark] = {benchmark.name: benchmark for benchmark in _ALL}
"""Every benchmark by name, in the order of the paper's tables."""


def find_benchmark(name: str) -> Benchmark:
    """Look a benchmark up: a name of `BENCHMARKS`, or "package.module:OBJECT" for one of the user's own.

    OBJECT is a `Benchmark`, or a subclass that takes no arguments. The module is looked for where Python finds modules
    and then in the working folder; importing it runs its code. Raises ConfigError when the name is unknown, cannot be
    imported or is no benchmark.
    """
    if name in BENCHMARKS:
        return BENCHMARKS[name]
    module, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), attribute)):
        known = ", ".join(BENCHMARKS)
        raise ConfigError(f"benchmark {name!r} is unknown: use one of {known}, or package.module:OBJECT for your own")
    found = import_object("benchmark", module, attribute)
    try:
        benchmark = found() if isinstance(found, type) and issubclass(found, Benchmark) else found
    except TypeError as error:
        raise ConfigError(f"benchmark {name!r} cannot be built without arguments ({error}); name an object") from error
    if not isinstance(benchmark, Benchmark):
        raise ConfigError(f"benchmark {name!r} is of type {type(benchmark).__name__}: name a Benchmark")
    return benchmark
