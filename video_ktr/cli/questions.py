"""The questions a verb works on, checked before anything heavy starts."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from video_ktr.cli.settings import Settings, take
from video_ktr.data.prompts import PromptTemplate, prompt_template
from video_ktr.data.sample import Sample, read_samples
from video_ktr.errors import ConfigError, DataError

QUESTION_KEYS = ("questions", "media_root", "num_questions", "prompt_template", "media_first")


def load_questions(settings: Settings, seed: int) -> list[Sample]:
    """Read the question file and look for every media file.

    With `num_questions`, the first so many after a shuffle by `seed`; else all, in the order of the file. Raises
    DataError when the file is missing or empty, or a media file is missing.
    """
    source = Path(take(settings, "questions", "give the file of questions (.json or .jsonl)"))
    samples = read_samples(source, media_root=settings.get("media_root"))
    number = settings.get("num_questions")
    if number is not None:
        if not isinstance(number, int) or number < 1:
            raise ConfigError(f"num_questions is {number!r}: give a whole number above 0, or leave it out for all")
        random.Random(seed).shuffle(samples)  # noqa: S311  # which questions, not a secret
        samples = samples[:number]
    check_media(samples, source)
    return samples


def check_media(samples: Sequence[Sample], source: Path) -> None:
    """Raise DataError with the number of missing media files and the first of them."""
    paths = list(dict.fromkeys(sample.path for sample in samples if sample.path is not None))
    missing = [path for path in paths if not Path(path).is_file()]
    if missing:
        raise DataError(
            f"{source}: {len(missing)} of {len(paths)} media files are missing, the first is {missing[0]}; "
            "fetch them, or set media_root to the folder they are in"
        )


def load_template(settings: Settings) -> PromptTemplate:
    """The prompt template by name ("reasoning" unless given), with `media_first` changed where it is given."""
    template = prompt_template(settings.get("prompt_template") or "reasoning")
    media_first = settings.get("media_first")
    if media_first is None:
        return template
    if not isinstance(media_first, bool):
        raise ConfigError(f"media_first is {media_first!r}: write true or false")
    return replace(template, media_first=media_first)
