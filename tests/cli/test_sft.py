import json
from pathlib import Path

import pytest

from video_ktr.cli.run_folder import RunFolder
from video_ktr.cli.run_settings import recorded_settings
from video_ktr.cli.sft import completion_rows, fine_tune
from video_ktr.data.prompt_files import read_template
from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.data.sample import read_samples
from video_ktr.errors import ConfigError, DataError


def test_a_run_moves_the_weights_and_is_then_finished(sft_settings, toy, capsys):
    fine_tune(sft_settings)
    final = Path(sft_settings["output_dir"]) / "final"
    assert (final / "model.safetensors").read_bytes() != (toy / "model" / "model.safetensors").read_bytes()
    assert (final / "preprocessor_config.json").exists() or (final / "processor_config.json").exists()
    written = (final / "done").stat().st_mtime_ns
    fine_tune(sft_settings)
    assert "finished already" in capsys.readouterr().out
    assert (final / "done").stat().st_mtime_ns == written


def test_questions_without_a_completion_are_told(sft_settings, toy):
    with pytest.raises(DataError, match=r"question 0 \(problem_id train-0\) has no 'process'"):
        fine_tune({**sft_settings, "questions": str(toy / "train.jsonl")})


def test_unknown_settings_are_told(sft_settings):
    with pytest.raises(ConfigError, match="unknown setting video_droput: did you mean video_dropout"):
        fine_tune({**sft_settings, "video_droput": 0.1})
    with pytest.raises(ConfigError, match=r"video_dropout is 1\.7"):
        fine_tune({**sft_settings, "video_dropout": 1.7})


def test_values_that_do_not_fit_are_told(sft_settings):
    for change, message in (
        ({"media": {"fps": "two"}}, r"media\.fps is 'two'"),
        ({"model": 3}, "model is 3"),
        ({"remove_unused_columns": True}, "remove_unused_columns is true"),
        ({"model_init_kwargs": {"attn_implementation": "flash_attention_2"}}, "attn_implementation to sdpa"),
        ({"report_to": "wandb"}, "set report_to to none"),
    ):
        with pytest.raises(ConfigError, match=message):
            fine_tune({**sft_settings, **change})


def test_an_edited_template_is_another_run(sft_settings, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("Look. {question}")
    settings = {**sft_settings, "prompt_template": str(words)}
    RunFolder(settings["output_dir"]).start(recorded_settings(settings, read_template(words)))
    words.write_text("See. {question}")
    with pytest.raises(ConfigError, match=r"other settings \(prompt_template changed\)"):
        fine_tune(settings)


def test_rows_hold_prompt_and_completion(toy):
    samples = read_samples(toy / "base.jsonl")
    rows = completion_rows(samples, PROMPT_TEMPLATES["plain"])
    assert [row["completion"] for row in rows] == [sample.process for sample in samples]
    assert rows[0]["prompt"][0]["content"][0] == {"type": "video", "video": samples[0].path}
    assert json.loads(json.dumps(rows)) == rows
