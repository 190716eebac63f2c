"""Rollouts with vLLM, which is shown the same frames and the same time axis as every other pass.

Import this module only where vLLM is installed.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import AutoProcessor
from vllm import LLM, EngineArgs, SamplingParams
from vllm.exceptions import VLLMValidationError
from vllm.platforms import current_platform

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import ConfigError, DataError
from video_ktr.generation.checkpoint_sampling import read_configuration
from video_ktr.generation.engine import Rollouts, Sampling
from video_ktr.generation.patch_pixels import PatchLayout, images_of, one_token_per_item, videos_of
from video_ktr.generation.seeded_draws import require_one_seed_per_row

UNCHANGED = {
    "images_kwargs": {"do_resize": False},
    "videos_kwargs": {"do_resize": False, "do_sample_frames": False, "cap_pixels_per_frame": False},
}
"""What vLLM's processor is told: frames come sampled and of their final size."""
LOWEST_TEMPERATURE = 0.01
"""vLLM draws at this temperature when asked for a lower one that is not 0."""


class VLLMEngine:
    """Generates with `vllm.LLM`, from a model folder or hub name.

    vLLM expands placeholders and makes patches itself, so a prompt goes to it with one placeholder per video and with
    the frames its patches were made of; what vLLM made of the prompt is compared with the prompt, token by token. Its
    M-RoPE rule is the one of `prompt_positions`. It keeps the seconds between slots in the model's number type,
    though: in bfloat16 a time late in a long video can come out one or two positions off, and the text after it too.

    On a CPU prompts are not prefilled in parts, unless `enable_chunked_prefill` says so: after each part vLLM draws a
    token of the row, throws it away and turns the row's random numbers back, which a CPU's generator cannot do.

    Args:
        model: Model folder or hub name of a supported family, processor included.
        engine_kwargs: Arguments of `vllm.LLM`: tensor_parallel_size, gpu_memory_utilization, max_model_len, dtype,
            enforce_eager and so on.

    Raises:
        ConfigError: The model cannot be read or is of no supported family, or vLLM has no such argument.
    """

    def __init__(self, model: str, **engine_kwargs: Any):
        unknown = sorted(set(engine_kwargs) - {field.name for field in fields(EngineArgs)})
        if unknown:
            raise ConfigError(f"vLLM has no engine setting {', '.join(unknown)}: see the arguments of vllm.LLM")
        read_configuration(model)
        try:
            processor = AutoProcessor.from_pretrained(model)
        except (OSError, ValueError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise ConfigError(f"model {model!r}: no processor can be read ({reason})") from error
        self.image_layout = PatchLayout.of(processor.image_processor)
        self.video_layout = PatchLayout.of(processor.video_processor)
        # "vllm": nothing of the checkpoint's own generation settings is used.
        defaults: dict[str, Any] = {"generation_config": "vllm"}
        if current_platform.is_cpu():
            defaults["enable_chunked_prefill"] = False
        self.llm = LLM(model, **{**defaults, **engine_kwargs})

    def generate(
        self,
        prompts: list[EncodedPrompt],
        prompt_of_row: Sequence[int],
        sampling: Sampling,
        *,
        row_seeds: Sequence[int] | None = None,
    ) -> Rollouts:
        """See `RolloutEngine.generate`. Without seeds vLLM draws from its own random state; it gives no scores.

        Raises:
            ConfigError: vLLM cannot draw as `sampling` asks.
            DataError: A prompt leaves no room for `max_new_tokens` below the engine's max_model_len, or its patches
                are not this model's.
        """
        if row_seeds is not None:
            require_one_seed_per_row(row_seeds, prompt_of_row)
        self._require_room(prompts, sampling)
        requests = [self._request(prompt) for prompt in prompts]
        seeds: Sequence[int | None] = [None] * len(prompt_of_row) if row_seeds is None else row_seeds
        outputs = self.llm.generate(
            [requests[prompt] for prompt in prompt_of_row],
            [sampling_params(sampling, seed) for seed in seeds],
            use_tqdm=False,
        )
        for row, (output, prompt) in enumerate(zip(outputs, prompt_of_row, strict=True)):
            require_as_asked(output, prompts[prompt], row)
        return Rollouts([list(output.outputs[0].token_ids) for output in outputs])

    def _require_room(self, prompts: list[EncodedPrompt], sampling: Sampling) -> None:
        limit = self.llm.llm_engine.model_config.max_model_len
        for prompt in prompts:
            if len(prompt.input_ids_P) + sampling.max_new_tokens > limit:
                raise DataError(
                    f"a prompt of {len(prompt.input_ids_P)} tokens and max_new_tokens={sampling.max_new_tokens} exceed "
                    f"vLLM's max_model_len={limit}: raise it, or lower max_frames, max_pixels or max_new_tokens"
                )

    def _request(self, prompt: EncodedPrompt) -> dict[str, Any]:
        tokens = one_token_per_item(prompt, self.image_layout, self.video_layout)
        per_slot = self.video_layout.temporal_patch_size
        videos = [
            (frames_FHWC, video_metadata(frames_FHWC, per_slot / seconds))
            for frames_FHWC, seconds in zip(videos_of(prompt, self.video_layout), prompt.slot_seconds, strict=True)
        ]
        media = {"image": images_of(prompt, self.image_layout), "video": videos}
        present = {kind: items for kind, items in media.items() if items}
        if not present:
            return {"prompt_token_ids": tokens}
        return {"prompt_token_ids": tokens, "multi_modal_data": present, "mm_processor_kwargs": UNCHANGED}


def video_metadata(frames_FHWC: NDArray[np.uint8], fps: float) -> dict[str, Any]:
    """What vLLM asks to know of a video; `fps`, of the frames given, sets the time axis."""
    count = len(frames_FHWC)
    return {
        "fps": fps,
        "duration": count / fps,
        "total_num_frames": count,
        "frames_indices": list(range(count)),
        "video_backend": "frames",
        "do_sample_frames": False,
    }


def sampling_params(sampling: Sampling, seed: int | None) -> SamplingParams:
    """`sampling` in vLLM's words, for one row.

    Raises:
        ConfigError: vLLM would change the temperature, or refuses a value or a setting in `extra`.
    """
    if 0 < sampling.temperature < LOWEST_TEMPERATURE:
        raise ConfigError(
            f"temperature is {sampling.temperature}: vLLM draws at {LOWEST_TEMPERATURE} or more; give that, or 0"
        )
    settings = {
        "n": 1,
        "max_tokens": sampling.max_new_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p or 0.0,
        "repetition_penalty": sampling.repetition_penalty,
        "seed": seed,
        # Only our own end tokens end a completion, and not those that vLLM reads from the checkpoint.
        "ignore_eos": True,
        "stop_token_ids": list(sampling.end_token_ids),
        "logit_bias": dict.fromkeys(sampling.forbidden_token_ids, -float("inf")) or None,
        "detokenize": False,
    }
    clash = sorted(set(settings) & set(sampling.extra))
    if clash:
        raise ConfigError(f"{', '.join(clash)} is set in generation_kwargs, where it would clash: use its own setting")
    try:
        return SamplingParams(**settings, **sampling.extra)
    except (TypeError, VLLMValidationError) as error:
        raise ConfigError(f"vLLM cannot draw as asked: {error}") from error


def require_as_asked(output: Any, prompt: EncodedPrompt, row: int) -> None:
    """Raise RuntimeError when vLLM ran another prompt than ours or did not finish the row."""
    ran, expected = list(output.prompt_token_ids), prompt.input_ids_P.tolist()
    if ran != expected:
        raise RuntimeError(
            f"vLLM ran row {row} on a prompt of {len(ran)} tokens that differs from ours of {len(expected)}: its "
            "processor expands media in another way"
        )
    reason = output.outputs[0].finish_reason
    if reason not in ("stop", "length"):
        raise RuntimeError(f"vLLM did not finish row {row}: {reason}")
