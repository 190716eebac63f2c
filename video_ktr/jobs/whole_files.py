"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Gives a path beside `target` to write to, and moves that file to `target` when all went well."""
    partial = target.with_name(target.name + ".partial")
    yield partial
    os.replace(partial, target)
