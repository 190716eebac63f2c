import json
from pathlib import Path

import pytest
import torch
from peft import LoraConfig
from transformers import AutoConfig, AutoModelForImageTextToText, Qwen2_5_VLConfig

from video_ktr.cli.checkup.memory import (
    GIB,
    Batch,
    MemoryEstimate,
    activation_values,
    available_memory,
    cache_values,
    count_parameters,
    estimate_memory,
    memory_finding,
)

MEASURED = Path(__file__).parents[3] / "docs" / "results" / "step_cost.json"
BATCH = {"rows": 8, "group": 8, "prompt_tokens": 579, "visual_patches": 2048, "completion_tokens": 128}


@pytest.fixture(scope="module")
def measured_config():
    """The shape whose step was measured: benchmarks/shapes.py, "64m"."""
    text = {
        **{"vocab_size": 8192, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 13},
        **{"num_attention_heads": 8, "num_key_value_heads": 2, "tie_word_embeddings": True},
    }
    vision = {"depth": 6, "hidden_size": 320, "num_heads": 8, "intermediate_size": 1280, "out_hidden_size": 512}
    return Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=True)


def test_parameters_are_those_of_the_model_built_for_real(toy):
    config = AutoConfig.from_pretrained(toy / "model")
    model = AutoModelForImageTextToText.from_pretrained(toy / "model")
    number = sum(p.numel() for p in model.parameters())
    assert count_parameters(config) == (number, number)
    rank, text = 2, config.text_config
    head = text.hidden_size // text.num_attention_heads
    added = text.num_hidden_layers * rank * (text.hidden_size + text.num_attention_heads * head)
    adapter = LoraConfig(r=rank, target_modules=["q_proj"])
    assert count_parameters(config, adapter) == (number + added, added)


@pytest.mark.parametrize(("piece", "share"), [("shared update", True), ("plain update", False)])
def test_the_estimate_is_near_what_was_measured(measured_config, piece, share):
    record = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert (record["sizes"]["prompt"], record["sizes"]["group"], record["sizes"]["tokens"]) == (579, 8, 128)
    estimate = estimate_memory(measured_config, Batch(**BATCH, share_prefix=share), dtype=torch.float32, beta=0.0)
    share_of_peak = (estimate.gradients + estimate.activations) / record["pieces"][piece]["peak_bytes"][0]
    assert 0.75 < share_of_peak < 1.0


def test_what_is_kept_by_hand(measured_config):
    batch = Batch(rows=2, group=2, prompt_tokens=3, visual_patches=4, completion_tokens=5)
    layer, vision_layer = 15 * 512 + 2 * 2 * 64 + 4 * 2048, 15 * 320 + 4 * 1280
    assert activation_values(measured_config, batch) == 13 * 13 * layer + 4 * 6 * vision_layer
    again = Batch(**{**vars(batch), "checkpointing": True})
    assert activation_values(measured_config, again) == 13 * 13 * 512 + 4 * 6 * 320 + 13 * layer
    assert cache_values(measured_config.text_config, batch) == 2 * 13 * (2 * 64) * 2 * 8


def test_a_reference_model_costs_weights_unless_an_adapter_is_trained(toy):
    config, batch = AutoConfig.from_pretrained(toy / "model"), Batch(**BATCH)
    adapter = LoraConfig(r=2, target_modules=["q_proj"])
    plain = estimate_memory(config, batch, dtype=torch.bfloat16, beta=0.0)
    assert (plain.reference, plain.optimizer) == (0, 2 * plain.weights)
    assert estimate_memory(config, batch, dtype=torch.bfloat16, beta=0.4).reference == plain.weights
    assert estimate_memory(config, batch, dtype=torch.bfloat16, beta=0.4, adapter=adapter).reference == 0


@pytest.mark.parametrize(("available", "level"), [(20, "ok"), (11, "warning"), (9, "problem")])
def test_the_finding_compares_with_what_there_is(available, level):
    parts = {"weights": 4, "gradients": 1, "optimizer": 2, "reference": 1, "activations": 2, "cache": 1}
    estimate = MemoryEstimate(**{name: value * GIB for name, value in parts.items()})
    assert estimate.peak == 10 * GIB
    finding = memory_finding(estimate, available * GIB, "a GPU")
    assert finding.level == level
    assert f"10.0 GiB of {available}.0 on a GPU" in finding.text


def test_this_machine_has_memory():
    available, where = available_memory()
    assert available > GIB
    assert where
