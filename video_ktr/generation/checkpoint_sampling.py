"""Sampling settings for a checkpoint: its end tokens and its placeholders, and nothing else it says about sampling."""

from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageTextToText, GenerationConfig
from transformers.utils import GENERATION_CONFIG_NAME, cached_file

from video_ktr.errors import ConfigError
from video_ktr.generation.engine import Sampling
from video_ktr.scoring.model_family import VisionLanguageModel, base_model, require_supported


def checkpoint_sampling(model: Any, tokenizer: Any, *, max_new_tokens: int, **settings: Any) -> Sampling:
    """Sampling that ends where the checkpoint's own generation ends and never draws a visual placeholder.

    Args:
        model: A loaded model, wrapped or not, or the name of a model folder or hub model, of which no weight is read.
        tokenizer: Its end token comes first among the end tokens; its padding token pads.
        max_new_tokens: Longest completion.
        settings: Further fields of `Sampling`.

    Raises:
        ConfigError: The model is of no supported family, or its configuration cannot be read.
    """
    base = without_weights(model) if isinstance(model, str) else base_model(model)
    ends = base.generation_config.eos_token_id
    own = [ends] if isinstance(ends, int) else list(ends or [])
    return Sampling(
        max_new_tokens=max_new_tokens,
        end_token_ids=tuple(dict.fromkeys([tokenizer.eos_token_id, *own])),
        pad_token_id=tokenizer.pad_token_id,
        forbidden_token_ids=tuple(VisionLanguageModel.of(base).visual_token_ids),
        **settings,
    )


def without_weights(name: str) -> Any:
    """The model `name` on the meta device, with the generation settings it would have if it were loaded."""
    config, generation = read_configuration(name)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    model.generation_config = generation
    return model


def read_configuration(name: str) -> tuple[Any, GenerationConfig]:
    """Configuration and generation settings of the model `name`.

    A checkpoint without generation_config.json has the settings of its model configuration, as in transformers.

    Raises:
        ConfigError: A file is missing or broken, or the model is of no supported family.
    """
    try:
        config = AutoConfig.from_pretrained(name)
        own = cached_file(name, GENERATION_CONFIG_NAME, _raise_exceptions_for_missing_entries=False)
        generation = GenerationConfig.from_pretrained(name) if own else GenerationConfig.from_model_config(config)
    except (OSError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ConfigError(
            f"model {name!r}: its configuration cannot be read ({reason}); give a model folder or hub name"
        ) from error
    require_supported(config, f"model {name!r}")
    return config, generation
