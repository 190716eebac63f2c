"""Prompt templates of the user's own, each in a file."""

import re
from pathlib import Path
from typing import Any

import yaml

from video_ktr.data.prompts import ANSWER_HINTS, PROMPT_TEMPLATES, PromptTemplate, prompt_template
from video_ktr.data.schema import PROBLEM_TYPES
from video_ktr.errors import ConfigError

_YAML_SUFFIXES = {".yaml", ".yml"}
_KINDS: dict[str, type[Any]] = {"text": str, "media_first": bool, "option_layout": str, "answer_hints": dict}
_WORDS = {str: "text", bool: "true or false", dict: "a section with one text a problem type"}
# A brace that is followed by something else than a name (LaTeX, JSON) is text.
_PLACEHOLDER = re.compile(r"\{([^\W\d]\w*)\}")


def find_template(name: str) -> PromptTemplate:
    """Look a template up by name, or read it from the file `name` (a name wins: write ./NAME for a file of that name).

    Raises ConfigError as `read_template` does, and where `name` is neither.
    """
    path = Path(name)
    is_file = path.suffix or len(path.parts) > 1 or path.is_file()
    return read_template(path) if name not in PROMPT_TEMPLATES and is_file else prompt_template(name)


def read_template(path: str | Path) -> PromptTemplate:
    """Read a prompt template from a UTF-8 file.

    A .yaml or .yml file holds the fields of `PromptTemplate`: ``text``, and if wanted ``media_first``,
    ``option_layout`` and ``answer_hints``, a mapping from problem types to texts (types left out keep our own hint).
    Any other file is the text itself; the line end of its last line is not part of it. ``{question}`` must stand in
    the text and ``{answer_hint}`` may, each as often as wanted. Line ends are read as "\\n".

    Raises ConfigError when the file is missing, cannot be read, is not UTF-8 or not YAML, for an unknown key, a value
    of the wrong kind, a text without ``{question}``, another name in braces, and hints that the text has no place for.
    """
    source = Path(path)
    content = _read(source)
    is_yaml = source.suffix.lower() in _YAML_SUFFIXES
    fields: dict[str, Any] = _fields(content, source) if is_yaml else {"text": content.removesuffix("\n")}
    text = fields["text"]
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in {"question", "answer_hint"}]
    if unknown:
        raise ConfigError(
            f"{source}: {{{unknown[0]}}} is no placeholder; use {{question}} and {{answer_hint}}, or put a space "
            "behind the brace to have it as text"
        )
    if "answer_hints" in fields and "{answer_hint}" not in text:
        raise ConfigError(f"{source}: answer_hints has no effect; put {{answer_hint}} where the hint belongs in text")
    hints: dict[Any, str] = {**ANSWER_HINTS, **fields.pop("answer_hints", {})}
    try:
        return PromptTemplate(**fields, answer_hints=hints)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error


def _read(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{source}: no such file; check the path of the prompt template") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: is not UTF-8 text ({error}); save the prompt template as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{source}: cannot be read ({error}); check the path of the prompt template") from error


def _fields(content: str, source: Path) -> dict[str, Any]:
    try:
        fields = yaml.safe_load(content)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{source}: not valid YAML ({said}); mend it") from error
    if not isinstance(fields, dict) or "text" not in fields:
        raise ConfigError(f"{source}: expected a mapping with the key 'text'; write text: and the template")
    for key, value in fields.items():
        if key not in _KINDS:
            raise ConfigError(f"{source}: unknown key {key!r}; use one of {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]):
            raise ConfigError(f"{source}: {key} is {value!r}: expected {_WORDS[_KINDS[key]]}")
    for kind, hint in fields.get("answer_hints", {}).items():
        if kind not in PROBLEM_TYPES:
            raise ConfigError(f"{source}: answer_hints: unknown type {kind!r}; use one of {', '.join(PROBLEM_TYPES)}")
        if not isinstance(hint, str):
            raise ConfigError(f"{source}: answer_hints: {kind} is {hint!r}: expected text")
    return fields
