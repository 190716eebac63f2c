"""Missing media files told before anything heavy starts."""

from collections.abc import Iterable
from pathlib import Path

from video_ktr.cli.output import say
from video_ktr.errors import DataError


def tell_missing_media(media: Iterable[str | None], source: str, consequence: str) -> None:
    """Say how many of the media files are missing, and the `consequence` for their questions.

    Raises DataError when none of them is there: that is a wrong folder.
    """
    paths = {path for path in media if path is not None}
    missing = sorted(path for path in paths if not Path(path).exists())
    if missing and len(missing) == len(paths):
        raise DataError(
            f"{source}: none of its {len(paths)} media files exists, the first is {missing[0]}; set media_root to the "
            "folder they are in"
        )
    if missing:
        say(f"{len(missing)} of {len(paths)} media files are missing; their questions {consequence}")
