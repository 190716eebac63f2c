"""From plain settings to a trainer's config, with a line of plain words for a value that does not fit."""

import types
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

Config = TypeVar("Config")

_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    list: "a list",
    dict: "a section of settings",
    type(None): "null",
}


def field_names(kind: type[Any]) -> list[str]:
    """The settings a config class takes."""
    return [field.name for field in fields(kind) if field.init]


def build_config(kind: type[Config], values: Settings, where: str = "") -> Config:
    """Build a config of class `kind`; every key of `values` must be one of its fields.

    Values of plain types are checked against the field's type first, as `fit_values` does. The classes of
    transformers and TRL raise ValueError for values that clash: that is the user's to mend too, and becomes a
    ConfigError here, and only here. `where` is the section that holds the values, for messages.
    """
    fitted = fit_values(values, get_type_hints(kind), where)
    try:
        return kind(**fitted)
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f"settings of {kind.__name__}: {error}") from error


def fit_values(values: Settings, hints: Mapping[str, Any], where: str = "") -> Settings:
    """The values, each checked against the type of its key in `hints` (8.0 becomes 8 where a whole number belongs).

    Looks at numbers, truth values, text, lists, sections and fixed choices, not at what a list or section holds; a
    value of another type is taken as it is. Raises ConfigError that names the key, the value and what is expected.
    """
    return {key: _fitted(f"{where}.{key}" if where else key, value, hints[key]) for key, value in values.items()}


def _fitted(key: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ConfigError(f"{key} is {value!r}: expected {' or '.join(map(str, get_args(hint)))}")
        return value
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    allowed = {get_origin(option) or option for option in options}
    if not allowed <= set(_WORDS):
        return value
    if type(value) in allowed:
        return value
    if float in allowed and type(value) is int:
        return float(value)
    if int in allowed and isinstance(value, float) and value.is_integer():
        return int(value)
    expected = " or ".join(sorted(_WORDS[option] for option in allowed))
    raise ConfigError(f"{key} is {value!r}: expected {expected}")
