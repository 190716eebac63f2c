import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
import torch
from transformers import TrainerCallback

from video_ktr.attribution import KeyTokenConfig, TokenSignals
from video_ktr.errors import ConfigError
from video_ktr.scoring import CompletionScorer
from video_ktr.training.attribution_reuse import FILE, AttributionReuse

VIDEO, IMAGE = "a video", "an image"
IDS = torch.tensor([[7, 5, 6], [7, 7, 5], [8, 5, 0]])
VALID = torch.tensor([[1, 1, 1], [1, 1, 1], [1, 1, 0]]).bool()
KEYS = [VIDEO, VIDEO, IMAGE]
SIGNALS = TokenSignals(
    visual_BT=torch.tensor([[3.0, 1.0, 2.0], [1.0, 2.0, 0.0], [4.0, 1.0, 9.0]]),
    temporal_BT=torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [9.0, 9.0, 9.0]]),
    temporal_rows_B=torch.tensor([True, True, False]),
)
ALL = torch.tensor([True, True, True])


def learnt(every=3, config=None):
    reuse = AttributionReuse(every, config or KeyTokenConfig())
    assert reuse.measure(ALL, KEYS).tolist() == [True, True, True]
    reuse.learn(SIGNALS, KEYS, IDS, VALID)
    reuse.exchange()
    return reuse


def test_measured_at_every_third_meeting():
    reuse = learnt(every=3)
    meetings = []
    for _ in range(7):
        due_B = reuse.measure(ALL, KEYS)
        meetings.append(bool(due_B[0]))
        assert due_B.tolist() == [meetings[-1]] * 3
        reuse.learn(SIGNALS, KEYS, IDS, VALID & due_B[:, None])
        reuse.exchange()
    assert meetings == [False, False, True, False, False, True, False]


def test_a_group_that_cannot_learn_is_not_counted():
    reuse = learnt(every=2)
    for _ in range(3):
        assert not reuse.measure(torch.tensor([False, False, True]) & False, KEYS).any()
        reuse.exchange()
    assert reuse.profiles[VIDEO].uses == 0
    assert not reuse.measure(ALL, KEYS).any()
    reuse.exchange()
    assert reuse.measure(ALL, KEYS).all()


def test_new_completions_take_their_scores_from_the_profile():
    reuse = learnt()
    ids = torch.tensor([[5, 7, 99], [8, 8, 8]])
    filled = reuse.fill(TokenSignals(), [VIDEO, IMAGE], ids, torch.tensor([True, True]))
    # Visual of the video: 7 scored 3, 1, 2; 5 scored 1, 0; 6 scored 2; all six tokens 9 / 6. The padding's 9 is not in.
    torch.testing.assert_close(filled.visual_BT, torch.tensor([[0.5, 2.0, 1.5], [4.0, 4.0, 4.0]]))
    torch.testing.assert_close(filled.temporal_BT[0], torch.tensor([0.0, 1 / 3, 1 / 6]))
    assert filled.visual_rows_B.tolist() == [True, True]
    assert filled.temporal_rows_B.tolist() == [True, False]


def test_measured_rows_keep_what_they_scored():
    reuse = learnt()
    filled = reuse.fill(SIGNALS, KEYS, IDS, torch.tensor([False, True, False]))
    assert torch.equal(filled.visual_BT[[0, 2]], SIGNALS.visual_BT[[0, 2]])
    assert filled.visual_BT[1].tolist() == [2.0, 2.0, 0.5]
    assert filled.visual_rows_B.all()
    assert filled.temporal_rows_B.tolist() == [True, True, False]
    # The scores that were given are as they were.
    assert SIGNALS.visual_BT[1].tolist() == [1.0, 2.0, 0.0]


def test_a_signal_that_is_off_has_no_profile():
    reuse = learnt(config=KeyTokenConfig(temporal_ratio=None))
    assert list(reuse.profiles[VIDEO].tables) == ["visual"]
    assert reuse.fill(TokenSignals(), KEYS, IDS, ALL).temporal_BT is None


def test_parts_of_a_generation_make_one_profile():
    whole, parts = learnt(), AttributionReuse(3, KeyTokenConfig())
    for rows in ([0], [1, 2]):
        taken = TokenSignals(
            visual_BT=SIGNALS.visual_BT[rows],
            temporal_BT=SIGNALS.temporal_BT[rows],
            temporal_rows_B=SIGNALS.temporal_rows_B[rows],
        )
        parts.learn(taken, [KEYS[row] for row in rows], IDS[rows], VALID[rows])
    parts.exchange()
    for name in ("visual", "temporal"):
        for ours, theirs in zip(whole.profiles[VIDEO].tables[name], parts.profiles[VIDEO].tables[name], strict=True):
            assert torch.equal(ours, theirs)


def test_one_measures_always_and_keeps_nothing():
    reuse = AttributionReuse(1, KeyTokenConfig())
    for _ in range(3):
        reuse.exchange()
        assert reuse.measure(torch.tensor([True, False, True]), KEYS).tolist() == [True, False, True]
        reuse.learn(SIGNALS, KEYS, IDS, VALID)
    assert reuse.profiles == {}


EPOCHS = {"per_device_train_batch_size": 28, "attribution_every": 2, "save_strategy": "no"}
"""One step is one epoch of the seven rows."""


def logs(trainer, name):
    return [line[f"key_tokens/{name}"] for line in trainer.state.log_history if f"key_tokens/{name}" in line]


@pytest.mark.parametrize("settings", [{}, {"bf16": True}, {"key_tokens": {"distance": "js"}}], ids=str)
def test_every_second_meeting_runs_no_counterfactual_pass(build_trainer, monkeypatch, settings):
    passes = []
    original = CompletionScorer.score

    def count(self, views, completions, **kwargs):
        passes.append(int(completions.mask_BT.bool().any(1).sum()))
        return original(self, views, completions, **kwargs)

    monkeypatch.setattr(CompletionScorer, "score", count)
    trainer = build_trainer(max_steps=3, **EPOCHS, **settings)
    trainer.train()
    measured, skipped = logs(trainer, "measured_rows"), logs(trainer, "skipped_rows")
    agreement = {name: logs(trainer, f"reuse/{name}_agreement") for name in ("visual", "temporal")}
    # All rows that can learn, then none of those met before, then all of those again.
    assert measured[0] == 28 - skipped[0] > 0
    assert measured[1] < measured[0]
    assert measured[2] > measured[1]
    for values in agreement.values():
        assert values[:2] == [None, None]
        assert 0 <= values[2] <= 1
    assert all(0 < ratio <= 1 for ratio in logs(trainer, "visual/ratio"))
    true_passes = 3 if "key_tokens" in settings else 0
    # Two counterfactual passes in the first and the third epoch; rows new in the second are measured then.
    assert len(passes) - true_passes in (4, 6)


class StopAt(TrainerCallback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, args, state, control, **kwargs):
        control.should_training_stop = state.global_step == self.step


def test_stopped_and_resumed_equals_uninterrupted(build_trainer, tmp_path):
    settings = {**EPOCHS, "max_steps": 4, "save_strategy": "steps", "save_steps": 2, "token_record_rate": 1.0}
    whole = build_trainer(output_dir=str(tmp_path / "whole"), **settings)
    whole.train()
    first = build_trainer(output_dir=str(tmp_path / "parts"), **settings)
    first.add_callback(StopAt(3))
    first.train()
    second = build_trainer(output_dir=str(tmp_path / "parts"), **settings)
    checkpoint = tmp_path / "parts" / "checkpoint-2"
    second.train(resume_from_checkpoint=str(checkpoint))
    for (name, ours), theirs in zip(whole.model.named_parameters(), second.model.parameters(), strict=True):
        torch.testing.assert_close(theirs, ours, atol=1e-7, rtol=0, msg=name)
    lines = [json.loads(line) for line in (tmp_path / "parts" / "metrics.jsonl").read_text().splitlines()]
    expected = [json.loads(line) for line in (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()]
    for line, other in zip(lines, expected, strict=True):
        for name in ("key_tokens/measured_rows", "key_tokens/update_ratio"):
            assert line.get(name) == other.get(name)
    for file in (tmp_path / "whole" / "tokens").iterdir():
        resumed = pq.read_table(tmp_path / "parts" / "tokens" / file.name)
        for column in ("token_ids", "selected", "visual_selected", "visual_score"):
            assert resumed.column(column).to_pylist() == pq.read_table(file).column(column).to_pylist()

    (checkpoint / FILE).unlink()
    with pytest.raises(ConfigError, match=r"checkpoint-2.*cannot be read, which attribution_every needs"):
        build_trainer(output_dir=str(tmp_path / "parts"), **settings).train(resume_from_checkpoint=str(checkpoint))


def test_scores_that_were_not_measured_are_recorded_as_missing(build_trainer, rollouts, rows, tmp_path):
    trainer = build_trainer(**EPOCHS, token_record_rate=1.0)
    rollouts(trainer, rows[:1])
    trainer.state = replace(trainer.state, global_step=1)
    rollouts(trainer, rows[:1])
    first, second = (pq.read_table(path).to_pylist() for path in sorted((tmp_path / "run" / "tokens").iterdir()))
    assert all(record["visual_score"] is not None and record["entropy_score"] is not None for record in first)
    assert all(record["visual_score"] is None and record["entropy_score"] is not None for record in second)
    assert all(any(record["visual_selected"]) for record in second)
