from dataclasses import replace

import pytest

from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.generation.model_settings import ModelSettings
from video_ktr.generation.prompted_model import PromptedModel
from video_ktr.toyworld.model import build_checkpoint


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    build_checkpoint(folder, seed=0)
    return ModelSettings(model=str(folder), max_new_tokens=8, media=MediaConfig(max_frames=8))


def test_settings_reach_engine_and_encoder(settings):
    other = replace(settings, temperature=0.5, top_p=0.9, top_k=3, max_prompt_tokens=99)
    model = PromptedModel.load(other)
    sampling = model.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k, sampling.max_new_tokens) == (0.5, 0.9, 3, 8)
    assert (model.encoder.max_prompt_tokens, model.encoder.media) == (99, settings.media)


def test_engine_arguments_reach_the_model(settings):
    model = PromptedModel.load(replace(settings, engine_kwargs={"dtype": "float64"}))
    assert str(model.engine.model.dtype) == "torch.float64"


def test_an_engine_is_used_again(settings):
    first = PromptedModel.load(settings)
    assert PromptedModel.load(replace(settings, max_new_tokens=4), engine=first.engine).engine is first.engine


def test_completions_become_text_and_a_missing_end_is_seen(settings):
    model = PromptedModel.load(settings)
    end = model.sampling.end_token_ids[0]
    ids = model.encoder.processor.tokenizer("<answer>A</answer>").input_ids
    assert model.text([*ids, end]) == "<answer>A</answer>"
    assert (model.is_cut(ids), model.is_cut([*ids, end])) == (True, False)


def test_a_model_without_weights_is_told(settings, tmp_path):
    build_checkpoint(tmp_path, seed=0)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match="weights cannot be read"):
        PromptedModel.load(replace(settings, model=str(tmp_path)))
