"""The settings of `train` and `sft` that a config class does not check: the verbs' own keys, sections, refused ones."""

from collections.abc import Collection
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_type_hints

from video_ktr.cli.config_building import field_names, fit_values
from video_ktr.cli.settings import Settings, check_keys
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from video_ktr.data.prompts import PromptTemplate

OWN_TYPES: dict[str, Any] = {
    "method": str,
    "model": str,
    "model_init_kwargs": dict,
    "rewards": list,
    "question_inversion": float,
    "peft": dict,
    "questions": str,
    "split": str,
    "subset": str,
    "media_root": str | list,
    "allow_outside_media": bool,
    "on_bad_record": str,
    "missing_media": str,
    "num_questions": int,
    "prompt_template": str,
    "media_first": bool,
    "output_dir": str,
}
"""Types of the keys that are read before, or outside of, the config class; null is as good as left out."""


def checked_settings(settings: Settings, own: Collection[str], kind: type[Any]) -> Settings:
    """The settings with values of plain types fitted to their keys; nothing is changed in place.

    `own` are the verb's keys beside the fields of its config class `kind`. Raises ConfigError for an unknown key, for
    a value of the wrong type among the verb's own keys and in the sections `media` and `key_tokens`, and for a
    setting that cannot work here.
    """
    check_keys(settings, {*own, *field_names(kind)})
    if settings.get("remove_unused_columns"):
        raise ConfigError(
            "remove_unused_columns is true: rewards and media are columns that the model does not take; leave it out"
        )
    if settings.get("resume_from_checkpoint"):
        raise ConfigError(
            "resume_from_checkpoint has no effect: the same command goes on from the newest checkpoint in output_dir; "
            "leave it out"
        )
    given = {key: settings[key] for key in {*own, "output_dir"} & {*OWN_TYPES} if settings.get(key) is not None}
    return {**settings, **fit_values(given, OWN_TYPES), **_sections(settings)}


def recorded_settings(recipe: Settings, template: "PromptTemplate") -> Settings:
    """The recipe as a run folder records it: with the wording of the prompt template, not its name or path.

    So a template file that was edited between two runs is a changed setting, and one that was moved is not.
    """
    return {**recipe, "prompt_template": asdict(template)}


def _sections(settings: Settings) -> Settings:
    from video_ktr.attribution import KeyTokenConfig
    from video_ktr.data.media import MediaConfig

    fitted = {}
    for name, kind in (("media", MediaConfig), ("key_tokens", KeyTokenConfig)):
        section = settings.get(name)
        if section is None:
            continue
        if not isinstance(section, dict):
            raise ConfigError(f"{name} is {section!r}: expected a section of settings")
        check_keys(section, field_names(kind), name)
        fitted[name] = fit_values(section, get_type_hints(kind), name)
    return fitted
