import pytest

from video_ktr.errors import ConfigError
from video_ktr.training import VideoGRPOConfig, VideoKTRConfig

CPU = {"bf16": False, "use_cpu": True, "report_to": []}


def build(kind=VideoKTRConfig, **settings):
    return kind(**{"output_dir": "unused", **CPU, **settings})


def test_paper_is_the_default():
    config = build()
    assert (config.preset, config.beta, config.kl_clamp, config.loss_type) == ("paper", 0.4, None, "grpo")
    assert config.key_token_config.visual_ratio == 0.2


def test_official():
    config = build(preset="official")
    assert (config.beta, config.kl_clamp) == (0.04, 10.0)
    assert config.key_token_config.signed


def test_own_values_win_over_the_preset():
    config = build(preset="official", beta=0.1, kl_clamp=5.0, key_tokens={"signed": False})
    assert (config.beta, config.kl_clamp, config.key_token_config.signed) == (0.1, 5.0, False)
    assert config.key_token_config.scope == "group"


def test_kl_term_is_the_plain_one():
    assert not build(VideoGRPOConfig).use_bias_correction_kl


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"key_tokens": {"visual_ratio": 1.7}}, "visual_ratio"),
        ({"key_tokens": {"visual_ration": 0.2}}, "visual_ration"),
        ({"media": {"max_frame": 8}}, "max_frame"),
        ({"media": {"max_frames": 0}}, "max_frames"),
        ({"preset": "papers"}, "papers"),
        ({"use_vllm": True}, "without the video"),
        ({"kl_clamp": -1.0}, "kl_clamp"),
        ({"token_record_rate": 2.0}, "token_record_rate"),
        ({"top_entropy_quantile": 0.2}, "entropy_ratio"),
        ({"preset": "official", "loss_type": "dapo"}, 'loss_type="grpo"'),
        ({"attribution_every": 0}, "attribution_every is 0"),
        ({"log_gradient_decomposition": -1}, "log_gradient_decomposition is -1"),
        ({"log_flops": -2}, "log_flops is -2"),
        (
            {"attribution_every": 2, "key_tokens": {"visual_ratio": None, "temporal_ratio": 0}},
            "no effect without a visual or temporal signal",
        ),
        ({"attribution_every": 2, "save_strategy": "epoch"}, "save_strategy 'steps' or 'no'"),
        ({"key_tokens": {"control": "random", "weighting": "linear"}}, "control 'random' needs weighting 'binary'"),
        ({"top_p": 1.5}, "top_p"),
        ({"temperature": 0.0}, "temperature"),
        ({"generation_kwargs": {"top_p": 0.9}}, "generation_kwargs"),
        ({"generation_kwargs": {"num_return_sequences": 2}}, "generation_kwargs"),
        ({"cache_implementation": "static"}, "cache_implementation"),
        ({"num_iterations": 3, "save_steps": 100, "save_strategy": "steps"}, "multiple of 3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_mistakes_are_named_with_their_fix(settings, message):
    with pytest.raises(ValueError, match=message) as caught:
        build(**settings)
    assert "\n" not in str(caught.value)


def test_a_group_on_two_devices_cannot_be_ranked_as_one(monkeypatch):
    monkeypatch.setattr(VideoKTRConfig, "world_size", 2)
    with pytest.raises(ConfigError, match="whole groups"):
        build(preset="official", per_device_train_batch_size=4, num_generations=8)
    with pytest.raises(ConfigError, match='ratio_rule="adaptive" needs whole groups'):
        build(key_tokens={"ratio_rule": "adaptive"}, per_device_train_batch_size=4, num_generations=8)
    assert build(per_device_train_batch_size=4, num_generations=8).key_token_config.scope == "sequence"


def test_our_mistakes_are_config_errors():
    with pytest.raises(ConfigError):
        build(key_tokens={"visual_ratio": 1.7})
