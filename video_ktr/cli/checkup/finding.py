"""What a check found, in one line."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Example: ``Finding("media", "problem", "3 of 40 files are missing, the first is videos/7.mp4; fetch them")``.
    """

    check: str
    """What was looked at."""
    level: Literal["ok", "warning", "problem"]
    """A problem stops the run or spoils it; a warning is worth a look."""
    text: str


def judged(check: str, text: str, *, problem: bool = False, warning: bool = False) -> Finding:
    """A finding whose level follows from what was seen."""
    return Finding(check, "problem" if problem else "warning" if warning else "ok", text)
