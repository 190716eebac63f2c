"""Tiny models and prompts for tests: the real classes of transformers with random weights."""

import torch
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
)

from video_ktr.data.encoding import EncodedPrompt

VOCABULARY = 200
IMAGE_TOKEN, VIDEO_TOKEN, VISION_START, VISION_END = 1, 2, 3, 4
PATCH_VALUES = 3 * 2 * 14 * 14

TEXT_CONFIG = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.3,
    "tie_word_embeddings": False,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]},
    "pad_token_id": 0,
    "bos_token_id": 5,
    "eos_token_id": 6,
}
TOKENS = {
    "image_token_id": IMAGE_TOKEN,
    "video_token_id": VIDEO_TOKEN,
    "vision_start_token_id": VISION_START,
    "vision_end_token_id": VISION_END,
}


def build_tiny_model(kind, seed=0):
    """A Qwen2-VL or Qwen2.5-VL of a few ten thousand parameters."""
    torch.manual_seed(seed)
    common = {"depth": 1, "num_heads": 2, "patch_size": 14, "initializer_range": 0.3}
    if kind == "qwen2_5_vl":
        vision = {
            **common,
            "hidden_size": 16,
            "out_hidden_size": 32,
            "intermediate_size": 24,
            "fullatt_block_indexes": [0],
        }
        config = Qwen2_5_VLConfig(
            text_config=dict(TEXT_CONFIG), vision_config={**vision, "tokens_per_second": 2}, **TOKENS
        )
        model = Qwen2_5_VLForConditionalGeneration(config)
    else:
        vision = {**common, "embed_dim": 16, "hidden_size": 32, "mlp_ratio": 2}
        config = Qwen2VLConfig(text_config=dict(TEXT_CONFIG), vision_config=vision, **TOKENS)
        model = Qwen2VLForConditionalGeneration(config)
    return model.eval()


def random_prompt(generator, *, text, video=None, image=None, num_frames=None, slot_seconds=1.0):
    """Text tokens, then a video or an image in its brackets, then text tokens."""
    grid = video or image
    count = 0 if grid is None else grid[0] * grid[1] * grid[2] // 4
    token = VIDEO_TOKEN if video else IMAGE_TOKEN
    before, after = (torch.randint(10, VOCABULARY, (n,), generator=generator).tolist() for n in text)
    middle = [VISION_START, *[token] * count, VISION_END] if grid else []
    ids_P = torch.tensor([*before, *middle, *after])
    patches = None if grid is None else torch.randn(4 * count, PATCH_VALUES, generator=generator)
    return EncodedPrompt(
        input_ids_P=ids_P,
        mm_types_P=torch.where(ids_P == VIDEO_TOKEN, 2, torch.where(ids_P == IMAGE_TOKEN, 1, 0)),
        image_patches_KD=patches if image else None,
        image_grid=torch.tensor([image]) if image else None,
        video_patches_KD=patches if video else None,
        video_grid=torch.tensor([video]) if video else None,
        slot_seconds=(slot_seconds,) if video else (),
        num_frames=(num_frames or 2 * video[0],) if video else (),
    )
