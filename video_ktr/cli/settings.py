"""Settings of a verb: a YAML file, and `--key value` or `--section.key value` on top of it."""

import copy
import difflib
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import yaml

from video_ktr.errors import ConfigError

Settings = dict[str, Any]


class SettingsLoader(yaml.SafeLoader):
    """YAML as people expect it.

    YAML 1.1 reads `1e-6` as text, `no` as false and keeps the last of two equal keys. Here, as in YAML 1.2, a number
    needs no point, only true and false are truth values, and an equal key is an error.
    """


_FLOAT, _BOOL = "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool"
SettingsLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_FLOAT, _BOOL)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
SettingsLoader.add_implicit_resolver(
    _FLOAT,
    re.compile(r"[-+]?(\d+\.\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|\d+[eE][-+]?\d+|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"),
    list("-+.0123456789"),
)
SettingsLoader.add_implicit_resolver(_BOOL, re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF"))


def _mapping(loader: SettingsLoader, node: yaml.MappingNode) -> Settings:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if not isinstance(key, str):
            raise ConfigError(f"line {node.start_mark.line + 1}: the key {key!r} is not text; write it in quotes")
        if keys.count(key) > 1:
            raise ConfigError(f"line {node.start_mark.line + 1}: the key {key!r} is given twice; remove one")
    return {str(key): value for key, value in loader.construct_mapping(node, deep=True).items()}


SettingsLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_settings(path: str | Path, overrides: Settings | None = None) -> Settings:
    """Read a YAML file of settings and lay `overrides` over it.

    Raises ConfigError when the file is missing, is not YAML, or holds something else than one mapping.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source}: cannot be read ({error}); check the path given with --config") from error
    settings = parse_value(text, str(source))
    if settings is None:
        settings = {}
    if not isinstance(settings, dict):
        raise ConfigError(f"{source}: expected settings as 'key: value' lines, found {type(settings).__name__}")
    return merged(settings, overrides or {})


def parse_overrides(arguments: Sequence[str]) -> Settings:
    """Read `--key value`, `--key=value` and `--section.key value`; values are YAML, "-" in a key is "_".

    Example: ``["--learning_rate", "1e-6", "--media.max_frames=8"]`` gives ``{"learning_rate": 1e-6, "media":
    {"max_frames": 8}}``. Raises ConfigError for a value without a key or a key without a value.
    """
    settings: Settings = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            raise ConfigError(f"{word!r} belongs to no setting; write --key value")
        key, equals, value = word.removeprefix("--").partition("=")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise ConfigError(f"--{key} has no value; write --{key} VALUE (true or false for a switch)")
            value = rest.pop(0)
        nested: Any = parse_value(value, f"--{key}")
        for part in reversed(key.replace("-", "_").split(".")):
            nested = {part: nested}
        settings = merged(settings, nested)
    return settings


def parse_value(text: str, where: str) -> Any:
    """Read one YAML document. Raises ConfigError that says where."""
    try:
        return yaml.load(text, Loader=SettingsLoader)  # noqa: S506  # a SafeLoader with other number rules
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: not valid YAML ({error})") from error
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def merged(settings: Settings, overrides: Settings) -> Settings:
    """`overrides` laid over `settings`, sections key by key; neither is changed.

    Raises ConfigError when an override reaches into a setting that is no section.
    """
    result = copy.deepcopy(settings)
    for key, value in overrides.items():
        below = result.get(key)
        if isinstance(value, dict) and below is not None:
            if not isinstance(below, dict):
                raise ConfigError(f"{key!r} is {below!r}, not a section: '{key}.{next(iter(value), '')}' cannot be set")
            result[key] = merged(below, value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def check_keys(settings: Settings, known: Collection[str], where: str = "") -> None:
    """Raise ConfigError for the first key that is not in `known`, with the nearest valid ones."""
    for key in settings:
        if key in known:
            continue
        nearest = difflib.get_close_matches(key, known, n=3, cutoff=0.6)
        names = sorted(known)
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else f"use one of {', '.join(names[:40])}"
        raise ConfigError(f"unknown setting {where + '.' if where else ''}{key}: {hint}")


def take(settings: Settings, key: str, where: str) -> Any:
    """A setting that must be there. Raises ConfigError when it is missing or empty."""
    if settings.get(key) in (None, "", [], {}):
        raise ConfigError(f"the setting {key!r} is missing: {where}")
    return settings[key]
