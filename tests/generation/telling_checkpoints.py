"""Checkpoints and prompts for a comparison of engines: every token of an answer hangs on what the prompt shows."""

import numpy as np
import torch
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2VLConfig, Qwen2VLForConditionalGeneration

from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.media import MediaConfig
from video_ktr.toyworld.model import build_toy_config
from video_ktr.toyworld.processor import build_processor


def save_checkpoint(kind, folder):
    """Model and processor of a family, saved."""
    processor = build_processor()
    build_model(kind, processor.tokenizer).save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)


def build_model(kind, tokenizer):
    """A model of the toy world's shape whose every token hangs on the video: larger weights, an LM head of its own."""
    config = build_toy_config(tokenizer)
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = False
    config.text_config.initializer_range = config.vision_config.initializer_range = 0.3
    torch.manual_seed(0)
    if kind == "qwen2_5_vl":
        return Qwen2_5_VLForConditionalGeneration(config)
    names = ("text_config", "image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    toy = config.to_dict()
    vision = {"depth": 1, "num_heads": 4, "embed_dim": 64, "hidden_size": 128, "mlp_ratio": 2, "initializer_range": 0.3}
    return Qwen2VLForConditionalGeneration(
        Qwen2VLConfig(vision_config=vision, tie_word_embeddings=False, **{name: toy[name] for name in names})
    )


def encode(*parts, **media):
    """A prompt from (kind, array or text) pairs; frames of 84 x 112, more than the checkpoint's own processor keeps."""
    limits = {"min_pixels": 784, "max_pixels": 9408, "image_min_pixels": 784, "image_max_pixels": 9408}
    encoder = PromptEncoder(build_processor(), MediaConfig(max_frames=8, frame_factor=1, **limits, **media))
    return encoder.encode([{"role": "user", "content": [{"type": kind, kind: value} for kind, value in parts]}])


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def prompts_of_all_kinds():
    """Seven prompts: four of one video each, an image, an image with two videos, and text alone."""
    question = ("text", " What colour is the circle ?")
    video = ("video", noise(0, 6, 84, 112))
    return [
        encode(video, question),
        encode(("video", noise(1, 6, 84, 112)), question),
        encode(video, question, slot_seconds=12.3),
        encode(("video", noise(2, 5, 150, 90)), question),  # resized, and an odd number of frames
        encode(("image", noise(3, 99, 120)), question),
        encode(("image", noise(4, 84, 84)), video, ("text", " or"), ("video", noise(5, 2, 56, 84)), question),
        encode(question),
    ]
