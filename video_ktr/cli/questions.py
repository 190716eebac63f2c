"""The questions a verb works on, checked before anything heavy starts."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, take
from video_ktr.data.prompt_files import find_template
from video_ktr.data.prompts import PromptTemplate
from video_ktr.data.rejects import Reject, Rejects
from video_ktr.data.sample import Sample, read_samples
from video_ktr.errors import ConfigError, DataError

READING_KEYS = (
    "questions",
    "split",
    "subset",
    "media_root",
    "allow_outside_media",
    "num_questions",
    "on_bad_record",
    "missing_media",
)
QUESTION_KEYS = (*READING_KEYS, "prompt_template", "media_first")
Policy = Literal["report", "stop"]


def load_questions(settings: Settings, seed: int) -> list[Sample]:
    """Read the question file and look for every media file.

    With `num_questions`, the first so many after a shuffle by `seed`; else all, in the order of the file.

    A record that cannot be used is left out and listed in rejects.jsonl in `output_dir`, with a line that counts them;
    with `on_bad_record: stop` the first one ends the verb. A missing media file ends the verb; with `missing_media:
    report` its questions are left out and listed likewise. Raises DataError for both, and when the file is missing,
    empty, or holds no question that can be used.
    """
    samples, rejects = read_questions(settings, seed)
    source = settings["questions"]
    if _policy(settings, "missing_media", "stop") == "stop":
        check_media(samples, Path(source))
    else:
        samples = _with_media(samples, str(source), rejects)
    if rejects:
        folder = Path(settings.get("output_dir") or ".")
        folder.mkdir(parents=True, exist_ok=True)
        rejects.write(folder / "rejects.jsonl")
        say(f"{len(rejects)} questions left out, listed in {folder / 'rejects.jsonl'}: {'; '.join(rejects.summary())}")
    if not samples:
        raise DataError(f"{source}: holds no question that can be used; mend the records or the media_root")
    return samples


def read_questions(settings: Settings, seed: int) -> tuple[list[Sample], Rejects]:
    """The questions of the file that can be used, and the records that cannot; media files are not looked for."""
    source = take(settings, "questions", "give the file of questions (.json, .jsonl, .parquet, a folder or a hub id)")
    number = settings.get("num_questions")
    if number is not None and (not isinstance(number, int) or number < 1):
        raise ConfigError(f"num_questions is {number!r}: give a whole number above 0, or leave it out for all")
    rejects = Rejects()
    stop = _policy(settings, "on_bad_record", "report") == "stop"
    samples = read_samples(
        source,
        media_root=settings.get("media_root"),
        allow_outside_media=bool(settings.get("allow_outside_media")),
        rejects=None if stop else rejects,
        split=str(settings.get("split") or "train"),
        subset=str(settings["subset"]) if settings.get("subset") else None,  # a year reads as a number
    )
    if number is not None:
        random.Random(seed).shuffle(samples)  # noqa: S311  # which questions, not a secret
        samples = samples[:number]
    return samples, rejects


def check_media(samples: Sequence[Sample], source: Path) -> None:
    """Raise DataError with the number of missing media files and the first of them."""
    paths = list(dict.fromkeys(sample.path for sample in samples if sample.path is not None))
    missing = [path for path in paths if not Path(path).exists()]
    if missing:
        raise DataError(
            f"{source}: {len(missing)} of {len(paths)} media files are missing, the first is {missing[0]}; fetch them, "
            "set media_root to the folder they are in, or leave their questions out with missing_media: report"
        )


def _with_media(samples: Sequence[Sample], source: str, rejects: Rejects) -> list[Sample]:
    there = {path: Path(path).exists() for path in {sample.path for sample in samples} if path is not None}
    for sample in samples:
        if sample.path is not None and not there[sample.path]:
            rejects.add(Reject(source, sample.problem_id, "missing media", f"{sample.path}: no such file"))
    return [sample for sample in samples if sample.path is None or there[sample.path]]


def _policy(settings: Settings, key: str, default: Policy) -> Policy:
    value: Policy = settings.get(key) or default
    if value not in get_args(Policy):
        raise ConfigError(f"{key} is {value!r}: use one of {', '.join(get_args(Policy))}")
    return value


def load_template(settings: Settings) -> PromptTemplate:
    """The prompt template, named or in a file ("reasoning" unless given), with `media_first` changed where given.

    Raises ConfigError when there is no such template or file, and as `read_template` does.
    """
    name = settings.get("prompt_template") or "reasoning"
    if not isinstance(name, str):
        raise ConfigError(f"prompt_template is {name!r}: give a name or the path of a file")
    template = find_template(name)
    media_first = settings.get("media_first")
    if media_first is None:
        return template
    if not isinstance(media_first, bool):
        raise ConfigError(f"media_first is {media_first!r}: write true or false")
    return replace(template, media_first=media_first)
