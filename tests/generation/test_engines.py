import pytest
import torch

from video_ktr.errors import ConfigError
from video_ktr.generation import ENGINES, Sampling, TransformersEngine, build_engine, engines
from video_ktr.toyworld.model import build_checkpoint


def test_the_transformers_engine_loads_a_folder(tmp_path, mixed_prompts):
    engine = build_engine("transformers", str(build_checkpoint(tmp_path)), dtype="float64", device="cpu")
    assert isinstance(engine, TransformersEngine)
    assert engine.model.dtype == torch.float64
    assert not engine.model.training
    sampling = Sampling(max_new_tokens=3, end_token_ids=(6,), pad_token_id=0, temperature=0.0)
    assert len(engine.generate(mixed_prompts[3:], [0, 0], sampling).token_ids) == 2


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(ConfigError, match=f"'sglang' is unknown: use one of {', '.join(ENGINES)}"):
        build_engine("sglang", str(tmp_path))


def test_without_vllm_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pip install 'video-ktr\[vllm\]'"):
        build_engine("vllm", str(tmp_path))


def test_weights_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere.*weights cannot be read"):
        build_engine("transformers", str(tmp_path / "nowhere"))
    (build_checkpoint(tmp_path) / "model.safetensors").write_bytes(b"cut short")
    with pytest.raises(ConfigError, match="weights cannot be read"):
        build_engine("transformers", str(tmp_path))
