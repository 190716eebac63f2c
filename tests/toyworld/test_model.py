from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor, Qwen2_5_VLForConditionalGeneration

from video_ktr.toyworld.model import build_checkpoint, build_toy_model
from video_ktr.toyworld.processor import build_processor


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_checkpoint(tmp_path_factory.mktemp("checkpoint"), seed=3)


def test_the_checkpoint_loads_like_any_other(checkpoint: Path) -> None:
    model, report = AutoModelForImageTextToText.from_pretrained(checkpoint, output_loading_info=True)
    processor = AutoProcessor.from_pretrained(checkpoint)
    assert isinstance(model, Qwen2_5_VLForConditionalGeneration)
    assert not any(report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert model.dtype == torch.float32
    assert model.config.video_token_id == processor.video_token_id
    assert model.generation_config.eos_token_id == processor.tokenizer.eos_token_id
    assert model.generation_config.pad_token_id == processor.tokenizer.pad_token_id
    assert model.get_input_embeddings().num_embeddings == len(processor.tokenizer)
    assert list(checkpoint.glob("*.safetensors"))
    assert not list(checkpoint.glob("*.bin"))
    original = build_toy_model(processor.tokenizer, seed=3).state_dict()
    assert all(torch.equal(value, original[name]) for name, value in model.state_dict().items())


def test_the_seed_fixes_the_weights_and_leaves_the_random_state_alone() -> None:
    tokenizer = build_processor().tokenizer
    before = torch.get_rng_state()
    first, again, other = (build_toy_model(tokenizer, seed=seed).lm_head.weight for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.std().item() == pytest.approx(0.06, rel=0.05)
