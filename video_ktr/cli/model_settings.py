"""From plain settings to those of a verb that asks a model many questions."""

from collections.abc import Collection
from typing import Any, TypeVar

from video_ktr.cli.config_building import build_config, field_names
from video_ktr.cli.settings import Settings, check_keys, take
from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.generation.model_settings import ModelSettings
from video_ktr.jobs.ray_config import RayConfig

SECTIONS: dict[str, type[Any]] = {"media": MediaConfig, "ray": RayConfig}
Kind = TypeVar("Kind", bound=ModelSettings)


def build_model_settings(
    kind: type[Kind], settings: Settings, *, own: Collection[str], **sections: dict[str, Any]
) -> Kind:
    """Settings of class `kind`; `own` are keys that the verb reads itself.

    `sections` are defaults below the sections of `settings`. Raises ConfigError for an unknown setting or a value that
    does not fit.
    """
    take(settings, "model", "give a checkpoint folder or a hub name")
    check_keys(settings, {*own, *field_names(kind)})
    values = {key: value for key, value in settings.items() if key not in own}
    for name, section_kind in SECTIONS.items():
        section = values.get(name) or {}
        if not isinstance(section, dict):
            raise ConfigError(f"{name} is {section!r}: expected a section of settings")
        check_keys(section, field_names(section_kind), name)
        values[name] = build_config(section_kind, {**sections.get(name, {}), **section}, name)
    return build_config(kind, values)
