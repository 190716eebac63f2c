import pytest

from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.evaluation.config import EvaluationConfig
from video_ktr.evaluation.lmms_settings import read_model_args


def test_the_defaults_are_those_of_evaluate():
    given = {"pretrained": "owner/model", "max_batch_size": 4, "device": None}
    assert read_model_args(given) == EvaluationConfig(model="owner/model", media=MediaConfig.preset("evaluation-16"))


def test_values_as_lmms_eval_gives_them():
    config = read_model_args(
        {
            "pretrained": "m",
            "frames": 32,
            "batch_size": "2",
            "device": "cuda:1",
            "engine_kwargs": '{"dtype": "bfloat16"}',
            "media": '{"max_pixels": 401408}',
            "temperature": 1,
        }
    )
    assert config.media == MediaConfig.preset("evaluation-32", max_pixels=401408)
    assert (config.batch_size, config.temperature) == (2, 1.0)
    assert config.engine_kwargs == {"device": "cuda:1", "dtype": "bfloat16"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "pretrained is missing"),
        ({"max_num_frames": 8}, "unknown setting 'max_num_frames'; use one of pretrained, frames"),
        ({"frames": 1.5}, r"frames is 1\.5; expected a whole number"),
        ({"batch_size": "auto"}, "batch_size is 'auto'; expected a whole number"),
        ({"batch_size": 0}, "give at least 1"),
        ({"temperature": "warm"}, "expected a number"),
        ({"engine_kwargs": "[1]"}, "expected a JSON object"),
        ({"media": {"frames": 2}}, "media has no field 'frames'"),
        ({"media": {"max_frames": 2}}, "set by frames"),
        ({"media": {"fps": "two"}}, "expected numbers"),
        ({"engine": "ray"}, "use transformers or vllm"),
        ({"engine": "vllm", "device": "cuda"}, "leave it out"),
    ],
)
def test_mistakes_are_told(given, said):
    with pytest.raises(ConfigError, match=said):
        read_model_args(given if not given else {"pretrained": "m", **given})
