import pytest
import torch

from video_ktr.cli.checkup.recipe import Extent, check_recipe, weight_dtype
from video_ktr.errors import ConfigError, DataError

QUICK = Extent(files=3, rollouts=0)


def test_a_good_recipe_passes_every_check(rl_settings):
    findings = list(check_recipe(rl_settings, Extent(files=3, rollouts=2)))
    assert [f.check for f in findings] == [
        *("settings", "questions", "solutions", "media", "decoding", "prompts", "memory", "disk"),
        *("format", "truncation", "groups"),
    ]
    assert [f.text for f in findings if f.level == "problem"] == []
    # A random model does not write tags, and six tokens are too few for an answer.
    assert next(f for f in findings if f.check == "format").level == "warning"


def test_a_prompt_limit_that_is_too_low_is_found(rl_settings):
    findings = {f.check: f for f in check_recipe({**rl_settings, "max_prompt_tokens": 5}, QUICK)}
    assert findings["prompts"].level == "problem"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"method": "ppo"}, ConfigError, "method 'ppo' is unknown"),
        ({"rewards": ["speed"]}, ConfigError, "speed"),
        ({"questions": "gone.jsonl"}, DataError, "gone.jsonl"),
        ({"num_questions": 1}, DataError, "too few"),
    ],
)
def test_what_train_refuses_is_refused(rl_settings, change, error, message):
    with pytest.raises(error, match=message):
        list(check_recipe({**rl_settings, **change}, QUICK))


def test_the_weights_type_is_the_recipes():
    assert weight_dtype({}) == torch.float32
    assert weight_dtype({"model_init_kwargs": {"dtype": "bfloat16"}}) == torch.bfloat16
