import time

import pytest
import torch
from datasets import Dataset

from video_ktr.training import TGRPOTrainer, VideoGRPOTrainer, VideoKTRTrainer
from video_ktr.training.costs import PHASES, peak_memory

SECONDS = {f"cost/{name}_seconds" for name in (*PHASES, "forward")}
FLOPS = {f"cost/{name}_flops" for name in (*PHASES, "forward")}
ALWAYS = {"cost/peak_memory_bytes"}


def costs(trainer):
    steps = [line for line in trainer.state.log_history if "loss" in line]
    return [{name: value for name, value in line.items() if name.startswith("cost/")} for line in steps]


@pytest.mark.parametrize("kind", [VideoGRPOTrainer, VideoKTRTrainer])
def test_every_step_logs_its_phases(build_trainer, kind):
    settings = {"gradient_accumulation_steps": 2, "steps_per_generation": 4, "per_device_train_batch_size": 4}
    trainer = build_trainer(kind, beta=0.1, **settings)
    trainer.train()
    first, second = costs(trainer)
    assert set(first) == set(second) == SECONDS | ALWAYS | {"cost/samples_per_second"}
    # One generation serves both steps.
    assert first["cost/generate_seconds"] > 0
    assert first["cost/score_seconds"] > 0
    assert (first["cost/attribute_seconds"] > 0) == (kind is VideoKTRTrainer)
    assert second["cost/generate_seconds"] == second["cost/score_seconds"] == second["cost/attribute_seconds"] == 0
    for step in (first, second):
        # Of the update, and of attribution, half belong to each of two micro-batches.
        whole = 2 * step["cost/forward_seconds"]
        assert step["cost/attribute_seconds"] < whole < step["cost/attribute_seconds"] + step["cost/update_seconds"]
        elapsed = 8 / step["cost/samples_per_second"]
        assert sum(step[f"cost/{phase}_seconds"] for phase in PHASES) <= elapsed
    assert 8 / first["cost/samples_per_second"] + 8 / second["cost/samples_per_second"] < next(
        line["train_runtime"] for line in trainer.state.log_history if "train_runtime" in line
    )


def test_draws_from_shuffled_frames_are_generation(build_trainer):
    drawn = []
    trainer = build_trainer(TGRPOTrainer, max_steps=1)
    original = trainer.costs.phase

    def noting(name):
        drawn.append(name)
        return original(name)

    trainer.costs.phase = noting
    trainer.train()
    assert drawn.count("generate") == 2


def test_waiting_for_the_loader_is_of_the_step(build_trainer, rows):
    def slow(batch):
        time.sleep(0.5)
        return batch

    trainer = build_trainer(
        VideoGRPOTrainer, dataset=Dataset.from_list(rows[6:]).with_transform(slow), max_steps=1, num_generations=8
    )
    trainer.train()
    (step,) = costs(trainer)
    phases = sum(step[f"cost/{phase}_seconds"] for phase in PHASES)
    assert 8 / step["cost/samples_per_second"] > phases + 0.5


def test_memory_is_what_the_process_held():
    before = peak_memory(torch.device("cpu"))
    held = torch.ones(32 * 2**20)
    after = peak_memory(torch.device("cpu"))
    assert held.nbytes <= after < 2**40
    assert after >= before > 2**26


def test_counting_changes_nothing_but_the_clock(build_trainer):
    plain = build_trainer(beta=0.1, max_steps=3)
    plain.train()
    counted = build_trainer(beta=0.1, max_steps=3, log_flops=2)
    counted.train()
    pairs = zip(plain.model.parameters(), counted.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    first, second, third = costs(counted)
    assert set(first) == set(third) == SECONDS | ALWAYS | {"cost/samples_per_second"}
    assert set(second) == FLOPS | ALWAYS
    assert all(second[name] > 0 for name in FLOPS)
    # The two counterfactuals together run more than one forward pass, and a backward pass more than its forward.
    forward = second["cost/forward_flops"] - second["cost/attribute_flops"]
    assert second["cost/update_flops"] > 2 * forward > 0


def test_operations_of_an_update_are_those_its_sizes_imply(build_trainer, rows):
    text_only = Dataset.from_list([rows[6]])
    trainer = build_trainer(VideoGRPOTrainer, dataset=text_only, max_steps=1, log_flops=1, num_generations=8)
    seen = []
    trainer._observe = seen.append
    trainer.train()
    (inputs,) = seen
    (step,) = costs(trainer)
    config = trainer.model.config.text_config
    layers, width = config.num_hidden_layers, config.hidden_size
    heads, pairs = config.num_attention_heads, config.num_key_value_heads
    size = width // heads
    learning_B = inputs["advantages"] != 0
    lengths = inputs["completion_mask"].sum(1)[learning_B].tolist()
    prefix, rows_run, longest = int(inputs["prompt_mask"][0].sum()) - 1, len(lengths), max(lengths)
    weights = width * (heads + 2 * pairs) * size + heads * size * width + 3 * width * config.intermediate_size
    linear = 2 * (prefix + sum(lengths)) * layers * weights
    attention = 4 * layers * heads * size * (prefix**2 + rows_run * longest * (prefix + longest))
    head = 2 * width * config.vocab_size * sum(lengths)
    assert step["cost/forward_flops"] == linear + attention + head
    # A backward multiplies each matrix twice; that of attention five times for two; TRL's head forms its logits anew.
    assert step["cost/update_flops"] == 3 * linear + 7 * attention / 2 + 4 * head
    assert step["cost/score_flops"] == step["cost/attribute_flops"] == 0


def test_evaluation_is_not_of_a_step(build_trainer, rows):
    trainer = build_trainer(per_device_eval_batch_size=4)
    trainer.eval_dataset = Dataset.from_list(rows[:1])
    assert not any("cost/" in name for name in trainer.evaluate())
