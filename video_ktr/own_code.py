"""Objects of the user's own modules, named in settings as module:attribute."""

import importlib
import sys
from pathlib import Path
from typing import Any

from video_ktr.errors import ConfigError


def import_object(kind: str, module: str, attribute: str) -> Any:
    """Import `attribute` of `module`, looked for among installed packages and then in the working folder.

    This runs the module. `kind` says what the object is, for messages ("reward"). Raises ConfigError when there is no
    such module, it does not import, or it has no such attribute.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        # Last, so that a file here cannot stand in for an installed package.
        sys.path.append(here)
    name = f"{module}:{attribute}"
    try:
        found = importlib.import_module(module)
    except (ImportError, SyntaxError) as error:
        raise ConfigError(f"{kind} {name!r} cannot be imported ({error}); check the module's name and code") from error
    if not hasattr(found, attribute):
        raise ConfigError(f"{kind} {name!r}: the module {module} has no {attribute}; check the name")
    return getattr(found, attribute)
