"""The toy model: Qwen2.5-VL architecture and classes, 0.7 million parameters, random weights."""

from pathlib import Path

import torch
from transformers import GenerationConfig, PreTrainedTokenizerBase, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from video_ktr.toyworld.processor import IMAGE_PAD, VIDEO_PAD, VISION_END, VISION_START, build_processor

INITIALIZER_RANGE = 0.06  # 0.02, the default, learns far slower at this size
CONTEXT_TOKENS = 2048


def build_toy_config(tokenizer: PreTrainedTokenizerBase) -> Qwen2_5_VLConfig:
    """Configuration for a vocabulary. `tokens_per_second` is 2: one slot of one second moves the time axis by two."""
    vocabulary = tokenizer.get_vocab()
    return Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 128,
            "intermediate_size": 384,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": CONTEXT_TOKENS,
            "initializer_range": INITIALIZER_RANGE,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [4, 6, 6]},
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            "tie_word_embeddings": True,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 4,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "tokens_per_second": 2,
            "window_size": 56,
            "out_hidden_size": 128,
            "fullatt_block_indexes": [0],
            "initializer_range": INITIALIZER_RANGE,
        },
        image_token_id=vocabulary[IMAGE_PAD],
        video_token_id=vocabulary[VIDEO_PAD],
        vision_start_token_id=vocabulary[VISION_START],
        vision_end_token_id=vocabulary[VISION_END],
        tie_word_embeddings=True,
    )


def build_toy_model(tokenizer: PreTrainedTokenizerBase, *, seed: int = 0) -> Qwen2_5_VLForConditionalGeneration:
    """A float32 model with weights drawn from `seed`; the caller's random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2_5_VLForConditionalGeneration(build_toy_config(tokenizer))
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=True
    )
    return model


def build_checkpoint(folder: str | Path, *, seed: int = 0) -> Path:
    """Save model (safetensors) and processor as an ordinary checkpoint folder and return it.

    It loads with AutoModelForImageTextToText and AutoProcessor like any other; existing files are overwritten.
    """
    processor = build_processor()
    build_toy_model(processor.tokenizer, seed=seed).save_pretrained(folder)
    processor.save_pretrained(folder)
    return Path(folder)
