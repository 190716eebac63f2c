"""The closed form, against sums done by hand and against torch's counter."""

from types import SimpleNamespace

import pytest
import torch
from trl.trainer.utils import add_fused_lm_head

from benchmarks.flops import counted, implied, separate, shared
from benchmarks.shapes import SHAPES, build_model
from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring import Completions
from video_ktr.toyworld.processor import build_processor
from video_ktr.training.full_pass import full_pass
from video_ktr.training.shared_pass import accept_wanted_hidden, shared_pass

# 10 x 10 patches are cut into windows of 8 and 2.
GRID = [2, 10, 10]
TOKENS, GROUP = 5, 3


def test_pairs_are_those_the_mask_lets_through():
    prompt, tokens, group = 4, 3, 2
    causal = [(i, j) for i in range(7) for j in range(i + 1)]
    assert separate(prompt, tokens, group, GRID).pairs == 2 * len(causal)
    # A prefix of 3 tokens; in each row, the prompt's last token and 2 of the row's own see it and their row so far.
    run = shared(prompt, tokens, group, [])
    assert run.tokens == 3 + 2 * 3
    assert run.pairs == (1 + 2 + 3) + 2 * (4 + 5 + 6)
    assert run.dense_pairs == 3 * 3 + 2 * 3 * (3 + 3)


def test_parts_of_a_small_model_by_hand():
    text = SimpleNamespace(
        hidden_size=4, num_attention_heads=2, num_key_value_heads=1, num_hidden_layers=3, intermediate_size=5,
        vocab_size=7, head_dim=2,
    )  # fmt: skip
    flops = implied(SimpleNamespace(text_config=text, vision_config=None), shared(4, 3, 2, []))
    # Queries 4 x 4, keys and values 4 x 2 each, output 4 x 4; gate, up and down 4 x 5 each.
    assert flops.decoder == 2 * 9 * 3 * (16 + 8 + 8 + 16 + 60)
    assert flops.attention == 4 * 36 * 3 * 4
    assert flops.lm_head == 2 * 6 * 4 * 7
    assert flops.forward == flops.decoder + flops.attention + flops.lm_head
    assert flops.training == 3 * flops.forward


@pytest.fixture(scope="module")
def model():
    model = build_model(SHAPES["tiny"], build_processor().tokenizer)
    add_fused_lm_head(model, outputs=("log_probs", "entropy"))
    accept_wanted_hidden(model)
    return model


@pytest.fixture(scope="module")
def prompt(model):
    start, pad, end = (
        getattr(model.config, name) for name in ("vision_start_token_id", "video_token_id", "vision_end_token_id")
    )
    ids = torch.tensor([1, start, *[pad] * 50, end, 2, 3])
    torch.manual_seed(0)
    return EncodedPrompt(
        input_ids_P=ids,
        mm_types_P=2 * (ids == pad),
        video_patches_KD=torch.randn(200, 1176),
        video_grid=torch.tensor([GRID]),
        slot_seconds=(1.0,),
        num_frames=(4,),
    )


@pytest.fixture(scope="module")
def passes(model, prompt):
    """Both passes over the same completions, and the closed form of each."""
    ids = torch.full((GROUP, TOKENS), 9)
    mask = torch.ones_like(ids)
    length = len(prompt.input_ids_P)
    sequences = torch.cat([prompt.input_ids_P.expand(GROUP, -1), ids], dim=1)
    runs = {
        "plain": lambda: full_pass(model, sequences, torch.ones_like(sequences), TOKENS, [prompt] * GROUP),
        "shared": lambda: shared_pass(model, [prompt], Completions(ids, mask, [0] * GROUP)),
    }
    expected = {
        "plain": implied(model.config, separate(length, TOKENS, GROUP, GRID)),
        "shared": implied(model.config, shared(length, TOKENS, GROUP, [GRID])),
    }
    return runs, expected


@pytest.mark.parametrize("name", ["plain", "shared"])
def test_counter_agrees_on_a_forward_pass(passes, name):
    runs, expected = passes
    with torch.no_grad():
        assert counted(runs[name]) == expected[name].forward_as_run


@pytest.mark.parametrize("name", ["plain", "shared"])
def test_counter_agrees_on_forward_and_backward(passes, name):
    runs, expected = passes
    assert counted(lambda: runs[name]()[0].sum().backward()) == expected[name].training_as_run


def test_the_least_leaves_out_hidden_pairs_and_the_head_on_prompts(passes):
    plain, once = passes[1]["plain"], passes[1]["shared"]
    assert plain.forward_as_run - plain.forward == plain.masked_attention + plain.prompt_lm_head
    assert once.prompt_lm_head == 0
    assert once.training < plain.training
