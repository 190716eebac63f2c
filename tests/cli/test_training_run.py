import pytest
from safetensors import SafetensorError

from video_ktr.cli.training_run import building_trainer
from video_ktr.errors import ConfigError, MediaError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("\nfirst.\nsecond"), "the trainer cannot be built: first"),
        (OSError(), "the trainer cannot be built: OSError"),
        (SafetensorError("Error while deserializing header"), "with whole weights as model"),
        (RuntimeError("WandbCallback requires wandb to be installed."), "or set report_to to none"),
        (ImportError("FlashAttention2: flash_attn seems not to be installed"), "attn_implementation to sdpa"),
        (TypeError("__init__() got an unexpected keyword argument 'a'"), "change model_init_kwargs"),
    ],
)
def test_what_the_user_can_mend_is_one_line(error, message):
    with pytest.raises(ConfigError) as caught, building_trainer():
        raise error
    assert message in str(caught.value)
    assert "second" not in str(caught.value)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), TypeError("'int' object"), KeyError("a")])
def test_defects_stay_what_they_are(error):
    with pytest.raises(type(error)) as caught, building_trainer():
        raise error
    assert caught.value is error


def test_errors_of_this_package_pass_unchanged():
    error = MediaError("a.mp4: no such file")
    with pytest.raises(MediaError) as caught, building_trainer():
        raise error
    assert caught.value is error
