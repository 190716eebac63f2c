"""The arguments of a model in lmms-eval (`--model_args`, `--batch_size`, `--device`) as settings of an evaluation."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.evaluation.config import EvaluationConfig

_FRAMES = 16


def read_model_args(given: Mapping[str, Any]) -> EvaluationConfig:
    """The settings that `video-ktr evaluate` would have, changed by what is given.

    Keys are `pretrained` (checkpoint folder or hub name), `frames` (16), `batch_size`, `device`, `engine`
    (transformers or vllm), `engine_kwargs` and `media` (mappings, or JSON objects as text), `temperature`, `top_p`,
    `top_k`, `max_new_tokens`, `max_prompt_tokens`, `seed` and `frame_cache`; None stands for the default.
    `max_batch_size`, which lmms-eval hands to every model, has no effect.

    Raises ConfigError for an unknown key, a value of another kind or out of range, and without `pretrained`.
    """
    wanted = {key: value for key, value in given.items() if value is not None and key != "max_batch_size"}
    if unknown := sorted(wanted.keys() - _KINDS.keys()):
        raise ConfigError(f"model_args: unknown setting {unknown[0]!r}; use one of {', '.join(_KINDS)}")
    args = {key: _converted(key, value) for key, value in wanted.items()}
    if "pretrained" not in args:
        raise ConfigError("model_args: pretrained is missing; give a checkpoint folder or a hub name")
    engine = args.get("engine", "transformers")
    if engine not in {"transformers", "vllm"}:
        raise ConfigError(f"model_args: engine is {engine!r}; under lmms-eval use transformers or vllm")
    media, device = args.pop("media", {}), args.pop("device", None)
    if strange := sorted(media.keys() - ({field.name for field in fields(MediaConfig)} - {"max_frames"})):
        raise ConfigError(f"model_args: media has no field {strange[0]!r}; the number of frames is set by frames")
    if device is not None:
        if engine == "vllm":
            raise ConfigError("device is given, but vLLM chooses its own; leave it out")
        args["engine_kwargs"] = {"device": device, **args.get("engine_kwargs", {})}
    try:
        shown = MediaConfig.preset("evaluation-16", max_frames=args.pop("frames", _FRAMES), **media)
    except TypeError as error:
        raise ConfigError(f"model_args: media is {media}; expected numbers ({error})") from error
    return EvaluationConfig(model=args.pop("pretrained"), media=shown, **args)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or int(value) != float(value):
        raise ValueError
    return int(value)


def _mapping(value: Any) -> dict[str, Any]:
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise TypeError
    return dict(found)


_KINDS: dict[str, Callable[[Any], Any]] = {
    "pretrained": str,
    "frames": _whole,
    "batch_size": _whole,
    "device": str,
    "engine": str,
    "engine_kwargs": _mapping,
    "media": _mapping,
    "temperature": float,
    "top_p": float,
    "top_k": _whole,
    "max_new_tokens": _whole,
    "max_prompt_tokens": _whole,
    "seed": _whole,
    "frame_cache": str,
}
_WORDS = {_whole: "a whole number", float: "a number", _mapping: "a JSON object"}


def _converted(key: str, value: Any) -> Any:
    kind = _KINDS[key]
    try:
        return kind(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigError(f"model_args: {key} is {value!r}; expected {_WORDS[kind]}") from error
