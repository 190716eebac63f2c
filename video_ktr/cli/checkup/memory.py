"""How much memory a training run takes, from the sizes of its model and batch.

A closed form, not a measurement: what autograd keeps is counted tensor by tensor for the layers of Qwen2-VL and
Qwen2.5-VL, and what libraries and allocators add is left out. Gradients and activations come to 0.80 to 0.93 of the
peaks that docs/results/step_cost.json records; a test holds that.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch

from video_ktr.cli.checkup.finding import Finding

GIB = 2**30
_TIGHT = 0.85
"""An estimate above this share of the memory there is deserves a warning."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One micro-batch of one device, at its longest."""

    rows: int
    """Completions: per_device_train_batch_size."""
    group: int
    """Completions a prompt: num_generations."""
    prompt_tokens: int
    visual_patches: int
    """Patches of one prompt's media, before the merger."""
    completion_tokens: int
    share_prefix: bool = True
    checkpointing: bool = False

    @property
    def prompts(self) -> int:
        """How often a prompt is run: once a group, or once a completion without sharing."""
        return math.ceil(self.rows / self.group) if self.share_prefix else self.rows


@dataclass(frozen=True, kw_only=True)
class MemoryEstimate:
    """Bytes on one device that holds everything whole (DDP, or one process)."""

    weights: int
    gradients: int
    optimizer: int
    """Two moments of AdamW a trained parameter, in the parameter's own type."""
    reference: int
    activations: int
    cache: int
    """Keys and values of every row while completions are sampled."""

    @property
    def peak(self) -> int:
        """The most that lives at one time: the update and the sampling take turns."""
        standing = self.weights + self.optimizer + self.reference
        return standing + max(self.gradients + self.activations, self.cache)


def estimate_memory(
    config: Any, batch: Batch, *, dtype: torch.dtype, adapter: Any = None, beta: float
) -> MemoryEstimate:
    """Estimate from a model's configuration alone: its parameters are built without storage.

    Args:
        config: A Qwen2-VL or Qwen2.5-VL configuration.
        batch: The longest micro-batch.
        dtype: Type of the weights.
        adapter: A `peft.LoraConfig`, to train nothing else; the reference is then the model without it.
        beta: Weight of the KL term; 0 takes no reference model.
    """
    parameters, trained = count_parameters(config, adapter)
    size = dtype.itemsize
    return MemoryEstimate(
        weights=parameters * size,
        gradients=trained * size,
        optimizer=2 * trained * size,
        reference=parameters * size if beta and adapter is None else 0,
        activations=activation_values(config, batch) * size,
        cache=cache_values(config.text_config, batch) * size,
    )


def count_parameters(config: Any, adapter: Any = None) -> tuple[int, int]:
    """All parameters, and those that are trained."""
    from transformers import AutoModelForImageTextToText

    with torch.device("meta"):
        model: Any = AutoModelForImageTextToText.from_config(config)
        if adapter is not None:
            from peft import get_peft_model

            model = get_peft_model(model, adapter)
    counted = {id(p): p for p in model.parameters()}.values()
    return sum(p.numel() for p in counted), sum(p.numel() for p in counted if p.requires_grad)


def activation_values(config: Any, batch: Batch) -> int:
    """How many numbers autograd keeps for one update.

    Of a decoder layer, a token: 9 of the hidden width (two norms with their inputs, the residual, the inputs of the
    projections), 6 of the queries' (queries, turned queries, keys and values as wide as they, output), 2 of the keys',
    4 of the feed-forward's. Of a vision layer, a patch, likewise. With checkpointing, one hidden state a layer and one
    layer in full.
    """
    text, vision = config.text_config, config.vision_config
    head = text.hidden_size // text.num_attention_heads
    layer = (
        9 * text.hidden_size + 6 * text.hidden_size + 2 * text.num_key_value_heads * head + 4 * text.intermediate_size
    )
    vision_hidden = getattr(vision, "embed_dim", vision.hidden_size)
    vision_wide = getattr(vision, "intermediate_size", 4 * vision_hidden)
    vision_layer = 15 * vision_hidden + 4 * vision_wide
    tokens = batch.prompts * batch.prompt_tokens + batch.rows * batch.completion_tokens
    patches = batch.prompts * batch.visual_patches
    if batch.checkpointing:
        kept = tokens * text.num_hidden_layers * text.hidden_size + patches * vision.depth * vision_hidden
        return int(kept + max(tokens * layer, patches * vision_layer))
    return int(tokens * text.num_hidden_layers * layer + patches * vision.depth * vision_layer)


def cache_values(text: Any, batch: Batch) -> int:
    """How many keys and values the cache of all rows holds at the end of sampling."""
    width = text.num_key_value_heads * (text.hidden_size // text.num_attention_heads)
    return int(2 * text.num_hidden_layers * width * batch.rows * (batch.prompt_tokens + batch.completion_tokens))


def memory_finding(estimate: MemoryEstimate, available: int, where: str) -> Finding:
    """The estimate beside the memory there is."""
    parts = ", ".join(f"{name} {value / GIB:.1f}" for name, value in vars(estimate).items() if value >= 0.05 * GIB)
    text = f"at least {estimate.peak / GIB:.1f} GiB of {available / GIB:.1f} on {where} ({parts or 'all parts small'})"
    if estimate.peak > available:
        advice = (
            "lower per_device_train_batch_size, set gradient_checkpointing, train an adapter (peft), or use more GPUs"
        )
        return Finding("memory", "problem", f"{text}: {advice}")
    return Finding("memory", "warning" if estimate.peak > _TIGHT * available else "ok", text)


def available_memory() -> tuple[int, str]:
    """Bytes of the smallest GPU, or of this machine's main memory, and its name."""
    if torch.cuda.is_available():
        devices = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
        smallest = min(devices, key=lambda device: device.total_memory)
        return int(smallest.total_memory), str(smallest.name)
    import psutil

    return int(psutil.virtual_memory().total), "this machine's CPU"
