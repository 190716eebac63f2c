import json
import shutil
from pathlib import Path

import pytest
import yaml

from video_ktr.cli.main import main
from video_ktr.cli.train import adapter_config, train


@pytest.fixture
def run_verb(tmp_path, capsys):
    """Run `video-ktr train`, or another verb, on settings; gives the exit code and the two streams."""

    def run(settings, *words, verb="train"):
        file = tmp_path / "recipe.yaml"
        file.write_text(yaml.safe_dump(settings))
        code = main([verb, "--config", str(file), *words])
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


def test_words_and_rewards_of_ones_own(rl_settings, run_verb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("own_reward.py").write_text("def brief(completion_ids, **_): return [float(len(i)) for i in completion_ids]\n")
    words = Path("own.txt")
    words.write_text("Look. {question}")
    settings = {**rl_settings, "rewards": ["soft_choice", "caption", "own_reward:brief"], "max_steps": 1}
    assert run_verb(settings, "--prompt-template", "own.txt")[0] == 0
    line = json.loads((Path(rl_settings["output_dir"]) / "metrics.jsonl").read_text().splitlines()[0])
    assert (line["rewards/brief/mean"], line["unscorable"]) == (line["completions/mean_length"], 0.0)
    words.write_text("See. {question}")
    code, _, err = run_verb(settings, "--prompt-template", "own.txt")
    assert (code, "other settings (prompt_template changed)" in err) == (2, True)


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
        ({"prompt_template": "./poem.txt"}, "poem.txt: no such file; check the path of the prompt template"),
        ({"media": {"fps": "two"}}, "media.fps is 'two': expected a number"),
        ({"media": {"max_frames": 2.5}}, "media.max_frames is 2.5: expected a whole number"),
        ({"key_tokens": {"segment_length": "4"}}, "key_tokens.segment_length is '4': expected a whole number"),
        ({"key_tokens": {"scope": ["group"]}}, "key_tokens.scope is ['group']: expected sequence or group"),
        ({"preset": ["paper"]}, "preset is ['paper']: expected paper or official"),
        ({"model_init_kwargs": 3}, "model_init_kwargs is 3: expected a section of settings"),
        ({"peft": {"r": "8"}}, "peft.r is '8': expected a whole number"),
        ({"remove_unused_columns": True}, "remove_unused_columns is true"),
        ({"resume_from_checkpoint": "rl/checkpoint-1"}, "resume_from_checkpoint has no effect"),
        ({"method": ["grpo"]}, "method ['grpo'] is unknown"),
        ({"model": 3}, "model is 3: expected text"),
        ({"questions": 3}, "questions is 3: expected text"),
        ({"media_root": 3}, "media_root is 3: expected a list or text"),
        ({"prompt_template": 3}, "prompt_template is 3: expected text"),
        ({"output_dir": True}, "output_dir is True: expected text"),
        ({"num_questions": True}, "num_questions is True: expected a whole number"),
        ({"num_questions": "all"}, "num_questions is 'all': expected a whole number"),
        ({"media_first": "last"}, "media_first is 'last': expected true or false"),
        ({"rewards": "accuracy"}, "rewards is 'accuracy': expected a list"),
        ({"rewards": [["accuracy"]]}, "reward ['accuracy'] is unknown"),
    ],
)
def test_each_mistake_ends_in_one_plain_line(rl_settings, run_verb, change, message):
    code, _, err = run_verb({**rl_settings, **change})
    lines = err.splitlines()
    assert code == 2
    assert len(lines) == 1
    assert message in lines[0]
    assert not Path(rl_settings["output_dir"]).exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_init_kwargs": {"atn": "sdpa"}}, "unexpected keyword argument 'atn'; change model_init_kwargs"),
        ({"model_init_kwargs": {"dtype": "half"}}, "Invalid `dtype`"),
        (
            {"model_init_kwargs": {"attn_implementation": "flash_attention_2"}},
            "set model_init_kwargs.attn_implementation to sdpa",
        ),
        ({"report_to": "wandb"}, "pip install wandb`; install it, or set report_to to none"),
        ({"report_to": "paper"}, "the trainer cannot be built: paper is not supported"),
        ({"peft": {"target_modules": ["nope"]}}, "change peft.target_modules"),
        ({"eval_strategy": "steps", "eval_steps": 1}, "leave eval_strategy out"),
    ],
)
def test_what_the_libraries_refuse_ends_in_one_plain_line(rl_settings, run_verb, change, message):
    code, _, err = run_verb({**rl_settings, **change})
    # transformers' bar of the weights may stand before it.
    lines = [line for line in err.splitlines() if line and not line.startswith("Loading weights")]
    assert code == 2
    assert len(lines) == 1
    assert message in lines[0]


@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_a_model_without_whole_weights_ends_in_one_plain_line(rl_settings, sft_settings, tmp_path, run_verb, damage):
    folder = tmp_path / "model"
    shutil.copytree(rl_settings["model"], folder)
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    weights.unlink()
    if damage == "cut short":
        weights.write_bytes(content[:1000])
    for verb, settings in (("train", rl_settings), ("sft", sft_settings)):
        code, _, err = run_verb({**settings, "model": str(folder)}, verb=verb)
        assert code == 2
        assert len(err.splitlines()) == 1
        assert "give a model folder or hub name with whole weights" in err


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


def test_a_recipe_of_one_method_serves_another_and_questions_may_be_inverted(rl_settings, run_verb):
    other = ["--method", "t_grpo", "--preset", "null", "--token-record-rate", "null", "--max_steps", "1"]
    code, out, err = run_verb(rl_settings, *other, "--question-inversion", "0.5")
    assert code == 0, err
    assert "question" in out
    log = Path(rl_settings["output_dir"]) / "inversions.jsonl"
    assert len(log.read_text().splitlines()) == 8
    code, _, err = run_verb(rl_settings, "--question_inversion", "1.5", "--output_dir", rl_settings["output_dir"] + "2")
    assert (code, "question_inversion is 1.5" in err) == (2, True)
