import json
import shutil
from pathlib import Path

import pytest
import yaml

from video_ktr.cli.main import main
from video_ktr.cli.train import adapter_config, train


@pytest.fixture
def run_verb(tmp_path, capsys):
    """Run `video-ktr train` on settings; gives the exit code and the two streams."""

    def run(settings, *words):
        file = tmp_path / "recipe.yaml"
        file.write_text(yaml.safe_dump(settings))
        code = main(["train", "--config", str(file), *words])
        return code, *capsys.readouterr()

    return run


def metrics(folder):
    kept = ("step", "loss", "reward", "key_tokens/update_ratio", "completions/mean_length")
    lines = [json.loads(line) for line in (Path(folder) / "metrics.jsonl").read_text().splitlines()]
    return [{key: line[key] for key in kept} for line in lines if "loss" in line]


def test_a_run_leaves_a_model_and_is_then_finished(rl_settings, run_verb):
    code, out, _ = run_verb(rl_settings)
    final = Path(rl_settings["output_dir"]) / "final"
    assert code == 0
    assert out.endswith(f"trained model: {final}\n")
    assert {"config.json", "model.safetensors", "tokenizer.json", "done"} <= {p.name for p in final.iterdir()}
    assert json.loads((final / "done").read_text())["steps"] == 2
    code, out, _ = run_verb(rl_settings)
    assert (code, "finished already" in out) == (0, True)
    code, _, err = run_verb(rl_settings, "--learning_rate", "1e-3")
    assert (code, "learning_rate changed" in err) == (2, True)


def test_a_stopped_run_goes_on_from_its_newest_whole_checkpoint(rl_settings):
    train(rl_settings)
    folder = Path(rl_settings["output_dir"])
    whole = metrics(folder)
    weights = (folder / "final" / "model.safetensors").read_bytes()
    shutil.rmtree(folder / "final")
    (folder / "checkpoint-2" / "trainer_state.json").unlink()
    train(rl_settings)
    assert [step["step"] for step in metrics(folder)] == [1, 2]
    for again, before in zip(metrics(folder), whole, strict=True):
        assert again == pytest.approx(before, abs=1e-6)
    assert (folder / "final" / "model.safetensors").read_bytes() == weights


def test_plain_grpo_by_name(rl_settings, run_verb):
    grpo = {key: value for key, value in rl_settings.items() if key not in ("preset", "token_record_rate")}
    code, _, _ = run_verb({**grpo, "method": "grpo"}, "--max_steps", "1")
    assert code == 0
    assert not (Path(rl_settings["output_dir"]) / "tokens").exists()


def test_an_adapter_can_be_trained(rl_settings, run_verb):
    peft = {"r": 2, "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM"}
    code, _, err = run_verb({**rl_settings, "peft": peft}, "--max_steps", "1")
    assert code == 0, err
    assert (Path(rl_settings["output_dir"]) / "final" / "adapter_model.safetensors").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learnig_rate": 1e-3}, "unknown setting learnig_rate: did you mean learning_rate"),
        ({"media": {"max_frame": 3}}, "unknown setting media.max_frame: did you mean max_frames"),
        ({"key_tokens": {"visual_rato": 0.2}}, "unknown setting key_tokens.visual_rato: did you mean visual_ratio"),
        ({"key_tokens": {"visual_ratio": 1.7}}, "visual_ratio is 1.7"),
        ({"media": 3}, "media is 3: expected a section"),
        ({"method": "ppo"}, "method 'ppo' is unknown"),
        ({"rewards": ["style"]}, "reward 'style' is unknown"),
        ({"max_steps": "ten"}, "max_steps is 'ten': expected a whole number"),
        ({"num_generations": 1}, "at least 2 generations"),
        ({"use_vllm": True}, "use_vllm"),
        ({"output_dir": None}, "'output_dir' is missing"),
        ({"model": None}, "'model' is missing"),
        ({"model": "./no/model"}, "model './no/model': no such folder"),
        ({"num_questions": 1}, "1 questions are too few: one generation takes 2"),
        ({"questions": "none.jsonl"}, "none.jsonl: no such file"),
        ({"peft": {"rank": 3}}, "unknown setting peft.rank"),
        ({"prompt_template": "poem"}, "prompt template 'poem' is unknown"),
    ],
)
def test_each_mistake_ends_in_one_plain_line(rl_settings, run_verb, change, message):
    code, _, err = run_verb({**rl_settings, **change})
    lines = err.splitlines()
    assert code == 2
    assert len(lines) == 1
    assert message in lines[0]
    assert not Path(rl_settings["output_dir"]).exists()


def test_missing_media_stop_the_run_before_the_model_is_read(rl_settings, toy, tmp_path, run_verb):
    moved = tmp_path / "moved.jsonl"
    moved.write_text((toy / "train.jsonl").read_text())
    code, _, err = run_verb({**rl_settings, "questions": str(moved), "model": "./no/model"})
    assert code == 2
    assert "8 of 8 media files are missing" in err
    code, _, err = run_verb({**rl_settings, "questions": str(moved), "media_root": str(toy), "model": "./no/model"})
    assert "no such folder" in err


def test_a_corrupt_video_ends_in_one_plain_line(rl_settings, tmp_path, run_verb):
    (tmp_path / "bad.mp4").write_bytes(b"not a video")
    record = {"problem": "why ?", "solution": "A", "options": ["A. so"], "path": "bad.mp4"}
    (tmp_path / "q.jsonl").write_text("\n".join([json.dumps(record)] * 2))
    code, _, err = run_verb({**rl_settings, "questions": str(tmp_path / "q.jsonl")})
    assert code == 2
    assert err.splitlines()[-1].startswith("video-ktr train: ")
    assert "bad.mp4" in err


def test_no_section_is_no_adapter():
    assert adapter_config(None) is None
