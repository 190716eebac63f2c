"""Models and questions of a given shape with random weights, for measuring."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForImageTextToText,
    PreTrainedTokenizerBase,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)

from video_ktr.data.media import write_video


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of a Qwen2.5-VL model."""

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    vision_hidden: int
    vision_depth: int
    vision_heads: int
    vision_feed_forward: int
    vision_full_attention: tuple[int, ...]
    """Vision layers that look at a whole frame; the others look at windows of 112 x 112 pixels."""
    tied: bool = True
    """Whether the LM head is the embedding table."""


SHAPES = {
    # 66 million parameters: what two CPU cores can step through in seconds. The vocabulary takes 6 % of them, as in the
    # 7B model, so that the LM head does not outweigh the rest.
    "64m": Shape(
        vocabulary=8192, hidden=512, layers=13, heads=8, kv_heads=2, feed_forward=2048,
        vision_hidden=320, vision_depth=6, vision_heads=8, vision_feed_forward=1280, vision_full_attention=(5,),
    ),
    # The shapes of Qwen2.5-VL-3B and Qwen2.5-VL-7B, for a GPU.
    "3b": Shape(
        vocabulary=151_936, hidden=2048, layers=36, heads=16, kv_heads=2, feed_forward=11_008,
        vision_hidden=1280, vision_depth=32, vision_heads=16, vision_feed_forward=3420,
        vision_full_attention=(7, 15, 23, 31),
    ),
    "7b": Shape(
        vocabulary=152_064, hidden=3584, layers=28, heads=28, kv_heads=4, feed_forward=18_944,
        vision_hidden=1280, vision_depth=32, vision_heads=16, vision_feed_forward=3420,
        vision_full_attention=(7, 15, 23, 31), tied=False,
    ),
    "tiny": Shape(
        vocabulary=1000, hidden=32, layers=2, heads=4, kv_heads=2, feed_forward=48,
        vision_hidden=16, vision_depth=2, vision_heads=2, vision_feed_forward=24, vision_full_attention=(1,),
    ),
}  # fmt: skip


def build_model(
    shape: Shape, tokenizer: PreTrainedTokenizerBase, *, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> Qwen2_5_VLForConditionalGeneration:
    """A random model of the shape whose special tokens are the tokenizer's."""
    head = shape.hidden // shape.heads
    token = tokenizer.convert_tokens_to_ids
    text = {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "tie_word_embeddings": shape.tied,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1e6,
            "mrope_section": [head // 2 - 2 * (3 * head // 16), 3 * head // 16, 3 * head // 16],
        },
    }
    vision = {
        "depth": shape.vision_depth,
        "hidden_size": shape.vision_hidden,
        "num_heads": shape.vision_heads,
        "intermediate_size": shape.vision_feed_forward,
        "out_hidden_size": shape.hidden,
        "fullatt_block_indexes": list(shape.vision_full_attention),
        "tokens_per_second": 2,
    }
    config = Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=shape.tied,
    )
    torch.manual_seed(0)
    with torch.device(device):
        return AutoModelForImageTextToText.from_config(config, dtype=dtype)


def video_row(folder: Path, *, frames: int, side: int, words: int) -> dict[str, Any]:
    """A dataset row about a video file of random colour blocks, `frames` frames of `side` x `side` pixels.

    It takes frames / 2 * (side / 28) ** 2 visual tokens, and about `words` tokens of text.
    """
    blocks = np.random.default_rng(0).integers(0, 255, (frames, side // 28, side // 28, 3), dtype=np.uint8)
    path = folder / "video.mp4"
    write_video(blocks.repeat(28, axis=1).repeat(28, axis=2), path, fps=2)
    text = {"type": "text", "text": " ".join(["red"] * words)}
    return {"prompt": [{"role": "user", "content": [{"type": "video", "video": str(path)}, text]}], "problem_id": "0"}


def text_row(words: int) -> dict[str, Any]:
    """A dataset row without media, of `words` tokens and the template's."""
    text = {"type": "text", "text": " ".join(["red"] * words)}
    return {"prompt": [{"role": "user", "content": [text]}], "problem_id": "0"}
