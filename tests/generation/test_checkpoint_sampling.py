import json

import pytest
from transformers import GenerationConfig, GPT2Config

from video_ktr.errors import ConfigError
from video_ktr.generation import checkpoint_sampling
from video_ktr.toyworld.model import build_checkpoint, build_toy_model
from video_ktr.toyworld.processor import build_processor


@pytest.fixture(scope="module")
def tokenizer():
    return build_processor().tokenizer


def greedy_checkpoint(tokenizer):
    """As Qwen2.5-VL ships: settings of its own that are as good as greedy."""
    return GenerationConfig(
        eos_token_id=[9, tokenizer.eos_token_id], temperature=1e-6, repetition_penalty=1.05, top_k=1, do_sample=True
    )


def test_a_loaded_model_gives_its_end_tokens_and_placeholders_only(tokenizer):
    model = build_toy_model(tokenizer)
    model.generation_config = greedy_checkpoint(tokenizer)
    sampling = checkpoint_sampling(model, tokenizer, max_new_tokens=5, temperature=0.7)
    assert (sampling.temperature, sampling.repetition_penalty, sampling.top_k) == (0.7, 1.0, 0)
    assert sampling.end_token_ids == (tokenizer.eos_token_id, 9)
    assert sampling.pad_token_id == tokenizer.pad_token_id
    pads = tokenizer.convert_tokens_to_ids(["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"])
    assert set(sampling.forbidden_token_ids) == set(pads)


def test_a_folder_without_weights_gives_the_same(tokenizer, tmp_path):
    model = build_toy_model(tokenizer)
    model.generation_config = greedy_checkpoint(tokenizer)
    model.config.save_pretrained(tmp_path)
    model.generation_config.save_pretrained(tmp_path)
    loaded = checkpoint_sampling(model, tokenizer, max_new_tokens=5)
    assert checkpoint_sampling(str(tmp_path), tokenizer, max_new_tokens=5) == loaded


def test_without_generation_settings_the_model_configuration_says_where_to_end(tokenizer, tmp_path):
    model = build_toy_model(tokenizer)
    model.config.text_config.eos_token_id = 9
    model.config.save_pretrained(tmp_path)
    sampling = checkpoint_sampling(str(tmp_path), tokenizer, max_new_tokens=5)
    assert sampling.end_token_ids == (tokenizer.eos_token_id, 9)


def test_a_folder_that_cannot_be_read_is_named(tokenizer, tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere.*configuration cannot be read"):
        checkpoint_sampling(str(tmp_path / "nowhere"), tokenizer, max_new_tokens=5)
    build_checkpoint(tmp_path)
    (tmp_path / "generation_config.json").write_text(json.dumps({})[:1])
    with pytest.raises(ConfigError, match=r"configuration cannot be read .*generation_config\.json"):
        checkpoint_sampling(str(tmp_path), tokenizer, max_new_tokens=5)


def test_a_model_without_video_support_is_refused(tokenizer, tmp_path):
    GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=10).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match=r"^model .* is a gpt2, which has no video support here"):
        checkpoint_sampling(str(tmp_path), tokenizer, max_new_tokens=5)
