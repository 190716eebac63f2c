import uuid

import pytest

from video_ktr.errors import ConfigError
from video_ktr.training import VideoKTRConfig
from video_ktr.training.live_tables import NAME


def selected_words(trainer):
    return [word for row in trainer.live_tables.rows for word in row.words if word.signals]


def sign(row):
    return -1 if row.advantage.startswith("-") else 1


def test_the_rows_are_those_of_the_newest_generation_that_learn(build_trainer, rollouts, rows):
    trainer = build_trainer(report_to=["tensorboard"], live_table_completions=3, per_device_train_batch_size=4)
    batch = rollouts(trainer, rows[:1])
    table = trainer.live_tables.rows
    assert len(table) == 3
    for index, row in enumerate(table):
        text = "".join(word.space + word.text for word in row.words)
        assert text == "".join(trainer._tokenizer.decode([token]) for token in trainer._generation.token_ids[index])
        assert row.question == "what comes after the red square ?"
        assert row.rewards.startswith("letter_count ")
        assert float(row.advantage) == pytest.approx(
            float(batch["advantages"][index].abs().max()) * sign(row), rel=0.01
        )
    assert selected_words(trainer)
    rollouts(trainer, rows[:1])
    assert len(trainer.live_tables.rows) == 3
    assert trainer.live_tables.rows != table


def test_a_group_of_equal_rewards_is_not_shown(build_trainer, rollouts, rows):
    def equal(completions, **_):
        return [1.0] * len(completions)

    trainer = build_trainer(report_to=["tensorboard"], reward_funcs=equal, per_device_train_batch_size=4)
    rollouts(trainer, rows[:1])
    assert trainer.live_tables.rows == []


@pytest.mark.parametrize("off", [{"report_to": []}, {"report_to": ["tensorboard"], "live_table_completions": 0}])
def test_nothing_is_kept_without_a_place_to_send_it(build_trainer, rollouts, rows, off):
    trainer = build_trainer(**off, per_device_train_batch_size=4)
    rollouts(trainer, rows[:1])
    assert trainer.live_tables.rows == []


def test_tensorboard_gets_the_table_and_the_key_token_metrics(build_trainer, tmp_path, monkeypatch):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "board"))
    build_trainer(report_to=["tensorboard"], max_steps=2).train()
    events = reader.EventAccumulator(str(tmp_path / "board")).Reload()
    ratios = events.Scalars("train/key_tokens/visual/ratio")
    assert [event.step for event in ratios] == [1, 2]
    assert all(0 < event.value < 1 for event in ratios)
    tables = events.Tensors(f"{NAME}/text_summary")
    assert [event.step for event in tables] == [1, 2]
    text = tables[0].tensor_proto.string_val[0].decode()
    assert text.startswith("| question | rewards | advantage | completion: visualᵛ, temporalᵗ, uncertainᵘ |")
    assert len(text.splitlines()) == 2 + 4
    assert "**" in text


def test_trackio_gets_the_table_and_the_key_token_metrics(build_trainer):
    trackio = pytest.importorskip("trackio")
    project = f"live-tables-{uuid.uuid4().hex}"
    build_trainer(report_to=["trackio"], project=project, run_name="one", max_steps=1).train()
    try:
        logs = trackio.SQLiteStorage.get_logs(project, "one")
        (metrics,) = [log for log in logs if "train/key_tokens/visual/ratio" in log]
        assert 0 < metrics["train/key_tokens/visual/ratio"] < 1
        (table,) = [log[NAME] for log in logs if NAME in log]
        assert table["_type"] == "trackio.html"
        page = (trackio.utils.MEDIA_DIR / table["file_path"]).read_text(encoding="utf-8")
        assert page.count("<tr") == 1 + 4
        assert "background: #e69f00" in page.partition("</p>")[2]
    finally:
        trackio.delete_project(project, force=True)


def test_wandb_gets_the_table(build_trainer, tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    for name, value in {"MODE": "offline", "DIR": str(tmp_path), "SILENT": "true"}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    build_trainer(report_to=["wandb"], max_steps=1).train()
    (page,) = tmp_path.glob("wandb/offline-run-*/files/media/html/**/*.html")
    text = page.read_text(encoding="utf-8")
    assert text.count("<tr") == 1 + 4
    assert "background: #e69f00" in text.partition("</p>")[2]


def test_a_negative_number_of_rows_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="live_table_completions is -1: give 0"):
        VideoKTRConfig(str(tmp_path), live_table_completions=-1, bf16=False, use_cpu=True)
