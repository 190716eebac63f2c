"""Whether the media files are there and can be decoded."""

import random
from collections.abc import Sequence
from pathlib import Path

from video_ktr.cli.checkup.finding import Finding, judged
from video_ktr.data.media import MediaConfig, load_image, load_video
from video_ktr.data.sample import Sample
from video_ktr.errors import MediaError


def check_media(samples: Sequence[Sample], config: MediaConfig, number: int, seed: int) -> list[Finding]:
    """Look for every file, and decode `number` of those that are there, drawn by `seed`."""
    kinds = {sample.path: sample.data_type for sample in samples if sample.path is not None}
    missing = [path for path in kinds if not Path(path).exists()]
    there = sorted(set(kinds) - set(missing))
    drawn = random.Random(seed).sample(there, min(number, len(there)))  # noqa: S311  # which files, not a secret
    errors = [error for path in drawn if (error := decoding_error(path, kinds[path], config))]
    found = f"{len(missing)} of {len(kinds)} files are missing" + (
        f", the first is {missing[0]}; fetch them, or set media_root" if missing else ""
    )
    read = f"{len(drawn) - len(errors)} of {len(drawn)} files drawn can be decoded"
    if errors:
        read += f"; the first that cannot: {errors[0]}"
    return [judged("media", found, problem=bool(missing)), judged("decoding", read, problem=bool(errors))]


def decoding_error(path: str, kind: str, config: MediaConfig) -> str | None:
    """The message of the MediaError that loading the file raises, None without one."""
    try:
        (load_image if kind == "image" else load_video)(path, config)
    except MediaError as error:
        return str(error)
    return None
