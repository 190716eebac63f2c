"""All checks of a training recipe, the quick ones first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig

from video_ktr.cli.checkup.disk import check_disk
from video_ktr.cli.checkup.finding import Finding
from video_ktr.cli.checkup.media import check_media
from video_ktr.cli.checkup.memory import Batch, available_memory, estimate_memory, memory_finding
from video_ktr.cli.checkup.prompts import EncodedSample, check_prompts, encode_some
from video_ktr.cli.checkup.questions import check_questions
from video_ktr.cli.checkup.rollouts import check_rollouts
from video_ktr.cli.config_building import build_config
from video_ktr.cli.methods import find_method, without_other_methods
from video_ktr.cli.models import check_model, load_processor
from video_ktr.cli.questions import QUESTION_KEYS, load_template, read_questions
from video_ktr.cli.run_settings import checked_settings
from video_ktr.cli.settings import Settings, take
from video_ktr.cli.train import OWN_KEYS, adapter_config, check_number
from video_ktr.data.encoding import PromptEncoder
from video_ktr.generation import TransformersEngine
from video_ktr.generation.checkpoint_sampling import checkpoint_sampling
from video_ktr.generation.engines import load_model
from video_ktr.rewards.registry import find_rewards


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much is tried out."""

    files: int = 20
    """Media files decoded and prompts encoded."""
    rollouts: int = 4
    """Questions a group of completions is sampled for; 0 loads no model."""


def check_recipe(recipe: Settings, extent: Extent) -> Iterator[Finding]:
    """Check what `train` would do with `recipe`, one finding at a time.

    Raises ConfigError for settings that `train` refuses, DataError when the question file cannot be read at all or is
    too small for one generation.
    """
    name, own = recipe.get("method", "video_ktr"), {*OWN_KEYS, *QUESTION_KEYS}
    method = find_method(name)
    settings = checked_settings(without_other_methods(recipe, name), own, method.config)
    folder = Path(take(settings, "output_dir", "name the folder of the run"))
    config: Any = build_config(method.config, {key: value for key, value in settings.items() if key not in own})
    find_rewards(settings.get("rewards", ["accuracy", "format"]))
    template, model = load_template(settings), take(settings, "model", "give a checkpoint folder or a hub name")
    check_model(model)
    adapter = adapter_config(settings.get("peft"))
    yield Finding("settings", "ok", f"{name}, model {model}")
    samples, rejects = read_questions(settings, config.seed)
    yield from check_questions(samples, rejects)
    check_number(len(samples), config)
    yield from check_media(samples, config.media_config, extent.files, config.seed)
    encoder = PromptEncoder(load_processor(model), config.media_config)
    encoded = encode_some(samples, template, encoder, extent.files, config.seed)
    yield check_prompts(encoded, config.max_prompt_tokens)
    estimate = estimate_memory(
        AutoConfig.from_pretrained(model),
        longest_batch(config, encoded),
        dtype=weight_dtype(settings),
        adapter=adapter,
        beta=config.beta,
    )
    yield memory_finding(estimate, *available_memory())
    yield check_disk(folder, estimate, checkpoints=config.save_total_limit)
    if extent.rollouts and encoded:
        yield from _rollouts(model, settings, config, encoder, encoded[: extent.rollouts])


def longest_batch(config: Any, encoded: list[EncodedSample]) -> Batch:
    """A micro-batch of the longest prompt that was encoded and completions of full length."""
    longest = max(encoded, key=lambda item: len(item.prompt.input_ids_P), default=None)
    return Batch(
        rows=config.per_device_train_batch_size,
        group=config.num_generations,
        prompt_tokens=len(longest.prompt.input_ids_P) if longest else 0,
        visual_patches=longest.patches if longest else 0,
        completion_tokens=config.max_completion_length,
        share_prefix=config.share_prefix,
        checkpointing=config.gradient_checkpointing,
    )


def weight_dtype(settings: Settings) -> torch.dtype:
    """The type the weights are loaded in: `model_init_kwargs.dtype`, else float32."""
    named = getattr(torch, str((settings.get("model_init_kwargs") or {}).get("dtype", "float32")), None)
    return named if isinstance(named, torch.dtype) else torch.float32


def _rollouts(
    name: str, settings: Settings, config: Any, encoder: PromptEncoder, encoded: list[EncodedSample]
) -> list[Finding]:
    device = "cuda" if torch.cuda.is_available() and not config.use_cpu else "cpu"
    model = load_model(name, **(settings.get("model_init_kwargs") or {})).to(device)
    tokenizer = encoder.processor.tokenizer
    sampling = checkpoint_sampling(
        model,
        tokenizer,
        max_new_tokens=config.max_completion_length,
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=config.top_k,
        repetition_penalty=config.repetition_penalty,
    )
    moved = [replace(item, prompt=item.prompt.to(device)) for item in encoded]
    group = config.num_generations
    return check_rollouts(TransformersEngine(model), tokenizer, moved, sampling, group=group, seed=config.seed)
