import json
from pathlib import Path

import pytest
import torch
import yaml
from transformers import AutoModelForImageTextToText, AutoProcessor

from tests.scoring.oracle import plain_pass
from tests.training.conftest import MEDIA
from tests.training.helpers import gradients
from video_ktr.errors import ConfigError, DataError, MediaError
from video_ktr.training.sft import VideoSFTConfig, VideoSFTTrainer

COMPLETIONS = ["<think> look .</think><answer> A</answer>", "<think> watch , a red square .</think><answer> B</answer>"]


@pytest.fixture
def build(checkpoint, rows, tmp_path):
    def build_trainer(**settings):
        values = {
            "output_dir": str(tmp_path / "sft"),
            "max_steps": 4,
            "per_device_train_batch_size": 4,
            "media": dict(MEDIA),
            "use_cpu": True,
            "bf16": False,
            "learning_rate": 1e-3,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": [],
            "disable_tqdm": True,
            **settings,
        }
        labelled = [{"prompt": row["prompt"], "completion": COMPLETIONS[i % 2]} for i, row in enumerate(rows)]
        model = AutoModelForImageTextToText.from_pretrained(checkpoint)
        return VideoSFTTrainer(model, VideoSFTConfig(**values), labelled, AutoProcessor.from_pretrained(checkpoint))

    return build_trainer


def test_loss_is_the_mean_over_completion_tokens(build):
    trainer = build()
    # A video, a shorter video, an image and text alone, in one batch.
    items = [trainer.train_dataset[i] for i in (0, 4, 5, 6)]
    loss = trainer.compute_loss(trainer.model, trainer.data_collator(items))
    with torch.no_grad():
        parts = [plain_pass(trainer.model, x["prompt"], torch.tensor(x["completion_ids"]))[0] for x in items]
    assert loss.item() == pytest.approx(-torch.cat(parts).mean().item(), abs=1e-5)


def test_completions_end_their_turn(build):
    trainer = build()
    tokenizer = trainer.processing_class.tokenizer
    ids = trainer.train_dataset[0]["completion_ids"]
    assert ids[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(ids[:-1]) == COMPLETIONS[0]


def test_training_moves_language_and_vision(build):
    trainer = build()
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in trainer.model.named_parameters() if not torch.equal(p, before[name])}
    assert any("visual" in name for name in moved)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[-1] < losses[0]


def test_dropped_videos_are_zeroed_features(build):
    trainer = build(video_dropout=0.999)
    batch = trainer.data_collator([trainer.train_dataset[0]])
    dropped = trainer.compute_loss(trainer.model, batch).item()

    def zero(_, __, output):
        output.pooler_output = output.pooler_output * 0
        return output

    plain = build()
    hook = plain.model.model.visual.register_forward_hook(zero)
    assert dropped == pytest.approx(plain.compute_loss(plain.model, batch).item(), abs=1e-6)
    hook.remove()
    assert dropped != pytest.approx(plain.compute_loss(plain.model, batch).item(), abs=1e-4)


def test_what_is_dropped_depends_on_seed_and_step_alone(build):
    trainer = build(video_dropout=0.5)
    lengths_2B = torch.tensor([[0] * 64, [3] * 64])
    (first,) = trainer._kept(lengths_2B)
    assert torch.equal(first, trainer._kept(lengths_2B)[0])
    trainer.state.global_step = 1
    assert not torch.equal(first, trainer._kept(lengths_2B)[0])
    # Whole videos go, about half of them.
    assert torch.equal(first.reshape(64, 3).min(1).values, first.reshape(64, 3).max(1).values)
    assert 16 < first.reshape(64, 3)[:, 0].sum() < 48


def test_resumed_equals_uninterrupted(build, tmp_path):
    settings = {"save_strategy": "steps", "save_steps": 2, "video_dropout": 0.3}
    whole = build(output_dir=str(tmp_path / "whole"), **settings)
    whole.train()
    resumed = build(output_dir=str(tmp_path / "parts"), **settings)
    resumed.train(resume_from_checkpoint=str(tmp_path / "whole" / "checkpoint-2"))
    for (name, ours), theirs in zip(whole.model.named_parameters(), resumed.model.parameters(), strict=True):
        torch.testing.assert_close(theirs, ours, atol=1e-7, rtol=0, msg=name)
    lines = (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines if '"loss"' in line] == [1, 2, 3, 4]


def test_rows_without_a_completion_are_named(build):
    trainer = build()
    trainer.train_dataset.rows[2]["completion"] = ""
    with pytest.raises(DataError, match="row 2"):
        trainer.train_dataset[2]


@pytest.fixture
def truncated(media_files, tmp_path):
    path = tmp_path / "truncated.mp4"
    content = Path(media_files[0]).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return str(path)


def show(row, video):
    row["prompt"] = [{"role": "user", "content": [{"type": "video", "video": video}, {"type": "text", "text": "a ?"}]}]


def test_rows_that_cannot_be_read_leave_the_loss_of_the_others(build, truncated):
    trainer = build()
    show(trainer.train_dataset.rows[1], truncated)
    items = [trainer.train_dataset[i] for i in (0, 1, 4, 5)]
    whole, grads = loss_and_gradients_of(trainer, items)
    without, expected = loss_and_gradients_of(trainer, [items[0], *items[2:]])
    assert whole == pytest.approx(without, abs=1e-6)
    assert grads.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(grads[name], gradient, atol=1e-6, rtol=1e-4)
    nothing, grads = loss_and_gradients_of(trainer, [items[1]])
    assert nothing == 0.0
    assert not any(gradient.any() for gradient in grads.values())


def loss_and_gradients_of(trainer, items):
    trainer.model.zero_grad()
    trainer.model.train()
    loss = trainer.compute_loss(trainer.model, trainer.data_collator(items))
    loss.backward()
    return loss.item(), gradients(trainer.model)


@pytest.mark.parametrize("workers", [0, 1])
def test_training_counts_rows_that_cannot_be_read(build, truncated, workers):
    trainer = build(max_steps=7, per_device_train_batch_size=2, dataloader_num_workers=workers)
    show(trainer.train_dataset.rows[1], truncated)
    trainer.train()
    folder = Path(trainer.args.output_dir)
    (entry,) = [json.loads(line) for line in (folder / "unreadable.jsonl").read_text().splitlines()]
    assert entry["file"] == truncated
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    # Seven rows in batches of 2, 2, 2 and 1: after seven steps 13 or 14 rows were met, one or two of them bad.
    assert [line["bad_media/share"] for line in lines if "loss" in line][-1] in (1 / 13, 2 / 13, 1 / 14, 2 / 14)
    assert yaml.safe_load((folder / "config.yaml").read_text())["media"]["fps"] == 2.0


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("settings", "said"),
    [({"bad_media": "stop"}, "^/.*truncated"), ({"max_bad_media_share": 0.01}, "media of [24] of [24] prompts")],
)
def test_too_many_of_them_end_with_one_line(build, truncated, workers, settings, said):
    trainer = build(dataloader_num_workers=workers, per_device_train_batch_size=2, **settings)
    for row in trainer.train_dataset.rows:
        show(row, truncated)
    with pytest.raises(MediaError, match=said) as caught:
        trainer.train()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("settings", [{"video_dropout": 1.0}, {"video_dropout": -0.1}, {"media": {"frames": 3}}])
def test_mistakes_are_refused(settings, tmp_path):
    with pytest.raises(ConfigError):
        VideoSFTConfig(output_dir=str(tmp_path), use_cpu=True, **settings)
