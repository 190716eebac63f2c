"""What pages say of files on the machine that made them: enough to know them by, not where they lie."""

from collections.abc import Iterable
from pathlib import Path


def model_label(name: str) -> str:
    """A model as a page names it: a hub name as it is, of a longer path the last two parts.

    Example: ``model_label("/models/runs/ktr/final")`` is "ktr/final".
    """
    path = Path(name)
    parts = path.parts[1:] if path.is_absolute() else path.parts
    return name if parts == path.parts and len(parts) <= 2 else "/".join(parts[-2:])


def without_folders(message: str, paths: Iterable[str | Path]) -> str:
    """The message with each path's own name in its place."""
    for path in paths:
        message = message.replace(str(path), Path(path).name)
    return message
