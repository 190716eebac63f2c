"""The settings of `evaluate`, read and checked: which benchmarks, from which files, at which numbers of frames."""

import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from video_ktr.cli.model_settings import build_model_settings
from video_ktr.cli.questions import load_template
from video_ktr.cli.settings import Settings, check_keys, take
from video_ktr.data.media import MediaConfig
from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import ReadOptions
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.benchmarks import MODES, Benchmark, Question, find_benchmark
from video_ktr.evaluation.config import EvaluationConfig
from video_ktr.evaluation.wording import OFFICIAL, Wording

OWN_KEYS = frozenset(
    {"benchmark", "questions", "media_root", "allow_outside_media", "frames", "out", "prompt", "media_first"}
    | {"mode", "limit"}
)


@dataclass(frozen=True, kw_only=True)
class QuestionSet:
    """The questions of one benchmark, as its files have them."""

    benchmark: Benchmark
    source: Path
    roots: MediaRoots
    questions: list[Question]
    rejects: Rejects


def read_benchmarks(settings: Settings) -> list[Benchmark]:
    """The benchmarks that `benchmark` names, parted by commas or in a list. Raises ConfigError for an unknown one."""
    given = take(settings, "benchmark", "name one or more, such as mmvu,video_holmes")
    names = [name.strip() for name in given.split(",")] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise ConfigError(f"benchmark is {given!r}: give names parted by commas, such as mmvu,video_holmes")
    found = [find_benchmark(name) for name in dict.fromkeys(names)]
    if len({benchmark.name for benchmark in found}) < len(found):
        raise ConfigError(f"benchmark is {given!r}: two of these have the same name; leave one out")
    return found


def read_frames(settings: Settings) -> list[int]:
    """The numbers of `frames`, one or more (16 unless given). Raises ConfigError for what is none."""
    given = settings.get("frames", 16)
    words = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else [given]
    try:
        frames = [int(str(word)) for word in words]
    except ValueError:
        frames = []
    if not frames or min(frames) < 1:
        raise ConfigError(f"frames is {given!r}: give whole numbers above 0 parted by commas, such as 16,32,64")
    return list(dict.fromkeys(frames))


def read_config(settings: Settings, frames: int) -> EvaluationConfig:
    """The settings of one run; media are those of the published evaluation at `frames`, changed by the media section.

    Raises ConfigError for an unknown setting or a value that does not fit.
    """
    if "max_frames" in (settings.get("media") or {}):
        raise ConfigError("media.max_frames is set by frames: leave it out")
    media = {**asdict(MediaConfig.preset("evaluation-16")), "max_frames": frames}
    return build_model_settings(EvaluationConfig, settings, own=OWN_KEYS, media=media)


def read_wording(settings: Settings) -> Wording:
    """The wording that `prompt` names: "official", a template, or its file ("reasoning" unless given)."""
    name = settings.get("prompt") or "reasoning"
    template = "reasoning" if name == OFFICIAL else name
    media_first = {"media_first": settings["media_first"]} if "media_first" in settings else {}
    return Wording(name=str(name), template=load_template({"prompt_template": template, **media_first}))


def read_mode(settings: Settings) -> str:
    """Which rule's numbers are shown while and after it runs. Raises ConfigError for an unknown one."""
    mode = settings.get("mode") or "video_r1"
    if mode not in MODES:
        raise ConfigError(f"mode is {mode!r}: use one of {', '.join(MODES)}")
    return str(mode)


def read_question_set(settings: Settings, benchmark: Benchmark, *, alone: bool) -> QuestionSet:
    """Read the questions of a benchmark; `alone` when it is the only one, so that a single path will do.

    Raises ConfigError when no file is given for it, DataError when the file holds no question of it.
    """
    source = Path(_of(settings, "questions", benchmark, alone=alone))
    media_root = settings.get("media_root")
    if isinstance(media_root, dict):
        media_root = media_root.get(benchmark.name)
    options = ReadOptions(media_root=media_root, allow_outside_media=bool(settings.get("allow_outside_media")))
    roots, rejects = options.media_roots(source), Rejects()
    questions = list(benchmark.read(source, roots, rejects))
    if not questions:
        raise DataError(f"{source}: no record can be used: {'; '.join(rejects.summary()) or 'it holds none'}")
    return QuestionSet(benchmark=benchmark, source=source, roots=roots, questions=questions, rejects=rejects)


def check_sources(settings: Settings, benchmarks: list[Benchmark]) -> None:
    """Raise ConfigError when questions or media roots are given for a benchmark that is not asked for."""
    for key in ("questions", "media_root"):
        given = settings.get(key)
        if isinstance(given, dict):
            check_keys(given, [benchmark.name for benchmark in benchmarks], key)


def chosen(questions: list[Question], settings: Settings, seed: int) -> tuple[list[Question], dict[str, int] | None]:
    """With `limit`, so many of the questions drawn by the seed, in their order, and how they were chosen."""
    limit = settings.get("limit")
    if limit is None:
        return questions, None
    if type(limit) is not int or limit < 1:
        raise ConfigError(f"limit is {limit!r}: give a whole number above 0, or leave it out for all")
    if limit >= len(questions):
        return questions, None
    places = sorted(random.Random(seed).sample(range(len(questions)), limit))  # noqa: S311  # which questions
    return [questions[place] for place in places], {"limit": limit, "of": len(questions), "seed": seed}


def _of(settings: Settings, key: str, benchmark: Benchmark, *, alone: bool) -> Any:
    given = take(settings, key, f"give the file or folder of {benchmark.name}, or --{key}.{benchmark.name} PATH")
    if isinstance(given, dict):
        return take(given, benchmark.name, f"it belongs below {key}")
    if not alone:
        raise ConfigError(f"{key} is {given!r}: with several benchmarks write --{key}.{benchmark.name} PATH for each")
    return given
