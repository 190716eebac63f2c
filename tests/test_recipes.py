"""The recipes for real checkpoints: they resolve, and their values are those of their sources. Nothing is run."""

from pathlib import Path

import pytest

from video_ktr.cli.config_building import build_config, field_names
from video_ktr.cli.methods import find_method
from video_ktr.cli.questions import QUESTION_KEYS
from video_ktr.cli.settings import read_settings
from video_ktr.cli.train import OWN_KEYS
from video_ktr.rewards.registry import find_rewards

RECIPES = Path(__file__).parents[1] / "recipes"
REAL = ["qwen2_5_vl_7b_paper", "qwen2_5_vl_7b_official", "qwen2_5_vl_3b"]


def resolve(name, tmp_path):
    settings = read_settings(str(RECIPES / f"{name}.yaml"), {})
    method = find_method(settings["method"])
    own = {*OWN_KEYS, *QUESTION_KEYS}
    assert set(settings) <= own | set(field_names(method.config))
    values = {key: value for key, value in settings.items() if key not in own}
    # The machine that runs the tests has no GPU to put bf16 on.
    return settings, build_config(
        method.config, {**values, "output_dir": str(tmp_path), "bf16": False, "use_cpu": True}
    )


@pytest.mark.parametrize("name", REAL)
def test_values_every_recipe_shares(name, tmp_path):
    settings, config = resolve(name, tmp_path)
    assert len(find_rewards(settings["rewards"])) == 3
    assert (config.num_generations, config.temperature, config.max_completion_length) == (8, 1.0, 768)
    assert (config.learning_rate, config.weight_decay, config.max_grad_norm) == (2e-6, 0.01, 5.0)
    media = config.media_config
    assert (media.fps, media.min_frames, media.max_frames) == (2.0, 4, 16)
    assert (media.min_pixels, media.max_pixels) == (128 * 28 * 28, int(1.05 * 128 * 28 * 28))
    assert config.per_device_train_batch_size == config.num_generations
    assert config.loss_type == "grpo"
    assert not config.use_bias_correction_kl


def test_paper(tmp_path):
    _, config = resolve("qwen2_5_vl_7b_paper", tmp_path)
    keys = config.key_token_config
    assert (keys.visual_ratio, keys.temporal_ratio, keys.entropy_ratio) == (0.2, 0.2, 0.2)
    assert (keys.signed, keys.scope, keys.visual_perturbation) == (False, "sequence", "zero")
    assert (keys.kl_tokens, keys.normalizer) == ("all", "all")
    assert (config.beta, config.kl_clamp, config.top_p, config.top_k) == (0.4, None, 1.0, 0)
    gpus = 8
    prompts = gpus * config.per_device_train_batch_size * config.gradient_accumulation_steps / config.num_generations
    assert prompts == 32


def test_official(tmp_path):
    _, config = resolve("qwen2_5_vl_7b_official", tmp_path)
    keys = config.key_token_config
    assert (keys.signed, keys.scope, keys.visual_perturbation) == (True, "group", "attention")
    assert (keys.kl_tokens, keys.normalizer) == ("selected", "selected")
    assert (config.beta, config.kl_clamp, config.top_p, config.top_k) == (0.04, 10.0, 0.95, 50)


def test_the_small_model_changes_the_model_alone(tmp_path):
    def values(name):
        return {k: v for k, v in resolve(name, tmp_path)[0].items() if k not in ("model", "output_dir")}

    assert values("qwen2_5_vl_3b") == values("qwen2_5_vl_7b_paper")


def test_every_value_of_the_paper_recipe_is_traced():
    lines = (RECIPES / "qwen2_5_vl_7b_paper.yaml").read_text(encoding="utf-8").splitlines()
    ours = ("method", "media_root", "output_dir", "logging_steps", "save_steps", "save_total_limit")
    for index, line in enumerate(lines):
        key = line.split(":")[0]
        if line[:1].isalpha() and key not in (*ours, "token_record_rate", "report_to"):
            assert "#" in line or "#" in lines[index + 1], f"{key} has no source"
