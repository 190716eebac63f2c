"""The rollout engines by name."""

from importlib.util import find_spec
from typing import Any

from safetensors import SafetensorError
from transformers import AutoModelForImageTextToText

from video_ktr.errors import ConfigError
from video_ktr.generation.engine import RolloutEngine
from video_ktr.generation.transformers_engine import TransformersEngine

ENGINES = ("transformers", "vllm")


def build_engine(name: str, model: str, **engine_kwargs: Any) -> RolloutEngine:
    """Load `model` into the engine `name`, which draws completions in this process and those it starts.

    Args:
        name: One of `ENGINES`.
        model: A model folder or hub name.
        engine_kwargs: transformers: `device` and arguments of `from_pretrained` (dtype, attn_implementation,
            device_map, ...). vllm: arguments of `vllm.LLM` (tensor_parallel_size, gpu_memory_utilization,
            max_model_len, dtype, enforce_eager, ...).

    Raises:
        ConfigError: No engine has that name, vLLM is not installed, or the weights cannot be read.
    """
    if name == "transformers":
        return _transformers_engine(model, **engine_kwargs)
    if name == "vllm":
        if find_spec("vllm") is None:
            raise ConfigError("engine 'vllm': vLLM is not installed; run pip install 'video-ktr[vllm]'")
        from video_ktr.generation.vllm_engine import VLLMEngine

        return VLLMEngine(model, **engine_kwargs)
    raise ConfigError(f"engine {name!r} is unknown: use one of {', '.join(ENGINES)}")


def load_model(name: str, **init_kwargs: Any) -> Any:
    """The whole model, by `from_pretrained`.

    Raises:
        ConfigError: Its configuration or weights cannot be read.
    """
    try:
        return AutoModelForImageTextToText.from_pretrained(name, **init_kwargs)
    except (OSError, ValueError, SafetensorError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ConfigError(
            f"model {name!r}: the weights cannot be read ({reason}); give a model folder or hub name with whole weights"
        ) from error


def _transformers_engine(model: str, *, device: str | None = None, **init_kwargs: Any) -> TransformersEngine:
    loaded = load_model(model, **init_kwargs).eval()
    return TransformersEngine(loaded if device is None else loaded.to(device))
