import json

import pytest

from video_ktr.cli.study_worker import main
from video_ktr.study.results import read_result


@pytest.fixture
def job(toy, rl_settings, tmp_path):
    """Two steps, and five held-out questions."""
    evaluation = {key: rl_settings[key] for key in ("media", "prompt_template", "media_first")}
    evaluation |= {"questions": str(toy / "eval.jsonl"), "model": str(toy / "model"), "seed": 0, "batch_size": 5}
    evaluation |= {"max_new_tokens": 6, "temperature": 1.0, "top_p": 1.0, "num_questions": None}
    train = {**rl_settings, "output_dir": str(tmp_path / "cell" / "run"), "save_total_limit": 1}
    return {
        "kind": "cell",
        "arm": "video_ktr",
        "start": "a",
        "seed": 0,
        "train": train,
        "evaluation": evaluation,
        "curve": ["ordered_accuracy", "rewards/accuracy_reward/mean"],
    }


def work(folder, job):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text(json.dumps(job))
    return main([str(folder)])


def test_a_cell_is_trained_evaluated_and_recorded(job, tmp_path):
    folder = tmp_path / "cell"
    assert work(folder, job) == 0
    result = read_result(folder)
    rows = [json.loads(line) for line in (folder / "evaluation" / "outputs.jsonl").read_text().splitlines()]
    assert list(result.scores) == [row["score"] for row in rows]
    assert sorted(result.by_type) == ["after", "attr", "count", "motion", "order"]
    metrics = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in metrics if "step_time" in line]
    assert result.curve == tuple((line["step"], line["rewards/accuracy_reward/mean"]) for line in steps)
    assert len(result.curve) == result.steps == 2
    assert result.train_seconds == pytest.approx(sum(line["step_time"] for line in steps))
    assert result.tokens == steps[-1]["num_tokens"] > 0
    assert result.settings["recipe"]["learning_rate"] == result.settings["resolved"]["learning_rate"] == 2e-4
    assert result.environment["cpu"]

    before = (folder / "result.json").stat().st_mtime_ns
    assert work(folder, {**job, "arm": "other"}) == 0
    assert (folder / "result.json").stat().st_mtime_ns == before


def test_a_bonus_is_no_accuracy(job, tmp_path):
    train = {key: value for key, value in job["train"].items() if key not in ("preset", "token_record_rate")}
    assert work(tmp_path / "cell", {**job, "train": {**train, "method": "t_grpo"}}) == 0
    result = read_result(tmp_path / "cell")
    assert result.curve_metric != "rewards/accuracy_reward/mean"
    assert result.train_seconds > 0


def test_a_start_is_only_evaluated(job, tmp_path):
    assert work(tmp_path / "cell", {**job, "train": None, "arm": "start"}) == 0
    result = read_result(tmp_path / "cell")
    assert (result.curve, result.train_seconds, len(result.scores)) == ((), 0.0, 5)
    assert not (tmp_path / "cell" / "run").exists()


def test_a_metric_that_is_not_logged_is_told(job, tmp_path, capsys):
    assert work(tmp_path / "cell", {**job, "curve": ["no_such"]}) == 2
    assert "logged none of no_such; name a metric" in capsys.readouterr().err.splitlines()[-1]
    assert read_result(tmp_path / "cell") is None


def test_a_mistake_is_the_last_line(job, tmp_path, capsys):
    assert work(tmp_path / "cell", {**job, "train": {**job["train"], "questions": "none.jsonl"}}) == 2
    assert "none.jsonl" in capsys.readouterr().err.splitlines()[-1]


def test_the_toy_start_is_made_and_found_again(tmp_path):
    toy = {
        "world": {"base_videos": 6, "blank_videos": 1, "base_samples": 8, "cold_start_samples": 8, "train_samples": 8},
        "base": {"max_steps": 1, "per_device_train_batch_size": 4, "dataloader_num_workers": 0},
        "cold_start": {"max_steps": 1, "per_device_train_batch_size": 4, "dataloader_num_workers": 0},
    }
    toy["world"]["eval_samples"] = 5
    job = {"kind": "start", "output": str(tmp_path / "start"), "seed": 0, "toy": toy}
    assert work(tmp_path / "job", job) == 0
    weights = tmp_path / "start" / "cold_start" / "final" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    assert work(tmp_path / "job", job) == 0
    assert weights.stat().st_mtime_ns == before
