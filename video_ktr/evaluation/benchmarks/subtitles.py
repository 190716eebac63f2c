"""Subtitles in SubRip form, and those that are shown at given moments."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from video_ktr.errors import DataError

_TIME = r"(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})"
_CUE_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}", re.ASCII)
_TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


@dataclass(frozen=True)
class Cue:
    """One subtitle: from `start` to `end` in seconds."""

    start: float
    end: float
    text: str
    """Its lines joined by blanks, without tags."""


def parse_srt(text: str) -> list[Cue]:
    """Read the cues in order; whatever has no line of times is left out, and so are cues without text."""
    cues: list[Cue] = []
    times, words = None, list[str]()
    lines = text.removeprefix("\ufeff").splitlines()
    for line in [*lines, ""]:
        match = _CUE_TIMES.match(line)
        if match or not line.strip():
            if times and words:
                cues.append(Cue(*times, " ".join(words)))
            times, words = ((_seconds(match.groups()[:4]), _seconds(match.groups()[4:])), []) if match else (None, [])
        elif times and (plain := _TAG.sub("", line).strip()):
            words.append(plain)
    return cues


def lines_at(srt: str, seconds: Sequence[float]) -> list[str]:
    """The texts of the cues shown at any of `seconds`, in the order of the file, each cue once."""
    return [cue.text for cue in parse_srt(srt) if any(cue.start <= second <= cue.end for second in seconds)]


def read_srt(path: str | Path) -> str:
    """The text of a subtitle file; bytes that are no UTF-8 become the replacement character.

    Raises DataError when it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); fetch the subtitles again") from error


def _seconds(parts: Sequence[str]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000
