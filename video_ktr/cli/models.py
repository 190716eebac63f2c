"""Looking at models and loading processors, with one plain line when there is nothing to load."""

from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoProcessor

from video_ktr.errors import ConfigError
from video_ktr.scoring.model_family import require_supported


def check_model(name: str) -> None:
    """Raise ConfigError unless `name` is a folder or a model hub name of a supported family.

    Reads the configuration alone, so that a wrong name costs no time.
    """
    folder = Path(name)
    if not folder.is_dir() and (folder.is_absolute() or name.startswith(".") or name.count("/") != 1):
        raise ConfigError(f"model {name!r}: no such folder; give a checkpoint folder or a hub name such as owner/model")
    try:
        config = AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ConfigError(f"model {name!r}: no configuration can be read ({_first_line(error)})") from error
    require_supported(config, f"model {name!r}")


def load_processor(name: str) -> Any:
    """The processor beside a model. Raises ConfigError when it is missing."""
    try:
        return AutoProcessor.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ConfigError(f"model {name!r}: no processor can be read ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
