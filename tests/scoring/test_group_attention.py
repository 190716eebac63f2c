import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention
from transformers import AutoModelForImageTextToText

from tests.tiny import build_tiny_model
from video_ktr.errors import ConfigError
from video_ktr.scoring.group_attention import PromptGroup, grouped_attention, use_group_attention

CPU = torch.device("cpu")


def lay_out(sizes):
    """Groups of (prefix length, row lengths), and the dense mask they stand for."""
    groups, start = [], 0
    total = sum(prefix + sum(rows) for prefix, rows in sizes)
    mask_NN = torch.zeros(total, total, dtype=torch.bool)
    for prefix, rows in sizes:
        groups.append(PromptGroup(start, prefix, tuple(rows), CPU))
        own = slice(start, start + prefix)
        mask_NN[own, own] = torch.ones(prefix, prefix).tril().bool()
        start += prefix
        for length in rows:
            row = slice(start, start + length)
            mask_NN[row, own] = True
            mask_NN[row, row] = torch.ones(length, length).tril().bool()
            start += length
    return tuple(groups), mask_NN


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(1, 4), min_size=1, max_size=3)), min_size=1, max_size=3),
    st.sampled_from([(4, 4), (4, 2), (4, 1)]),
)
def test_equals_attention_under_the_dense_mask_with_its_gradients(sizes, heads):
    groups, mask_NN = lay_out(sizes)
    torch.manual_seed(0)
    states = [torch.randn(1, n, len(mask_NN), 8, requires_grad=True) for n in (heads[0], heads[1], heads[1])]
    ours = grouped_attention(*states, groups, scale=0.3)
    dense = scaled_dot_product_attention(*states, attn_mask=mask_NN, scale=0.3, enable_gqa=True)
    torch.testing.assert_close(ours, dense, atol=1e-5, rtol=1e-5)
    cotangent = torch.randn_like(ours)
    found = torch.autograd.grad(ours, states, cotangent)
    expected = torch.autograd.grad(dense, states, cotangent)
    for gradient, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(gradient, wanted, atol=1e-5, rtol=1e-5)


def test_places_of_a_group_by_hand():
    group = PromptGroup(start=10, prefix_length=3, row_lengths=(2, 1), device=CPU)
    assert (group.prefix, group.rows) == (slice(10, 13), slice(13, 16))
    # Two rows padded to two tokens; the second repeats its only one.
    assert group.padded.tolist() == [0, 1, 2, 2]
    assert group.unpadded.tolist() == [0, 1, 2]
    assert group.row_mask.tolist() == [[True, True, True, True, False], [True] * 5]


@pytest.mark.parametrize("own", ["sdpa", "eager"])
def test_a_decoder_without_groups_attends_as_before(own, mixed_prompts):
    model = build_tiny_model("qwen2_5_vl")
    model.set_attn_implementation(own)
    prompt = mixed_prompts[3]
    before = model(input_ids=prompt.input_ids_P[None]).logits
    use_group_attention(model.model.language_model)
    use_group_attention(model.model.language_model)
    assert model.config.text_config._attn_implementation == f"prompt_groups_over_{own}"
    assert torch.equal(model(input_ids=prompt.input_ids_P[None]).logits, before)
    padded = torch.ones(2, len(prompt.input_ids_P), dtype=torch.long)
    padded[1, :2] = 0
    assert model(input_ids=prompt.input_ids_P.expand(2, -1), attention_mask=padded).logits.isfinite().all()


def test_a_saved_model_does_not_remember_it(tmp_path):
    model = build_tiny_model("qwen2_vl")
    use_group_attention(model.model.language_model)
    model.save_pretrained(tmp_path)
    assert "prompt_groups" not in (tmp_path / "config.json").read_text()
    again = AutoModelForImageTextToText.from_pretrained(tmp_path)
    assert again.config.text_config._attn_implementation == "sdpa"


def test_a_sliding_window_is_refused():
    model = build_tiny_model("qwen2_5_vl")
    model.config.text_config.layer_types = ["full_attention", "sliding_attention"]
    with pytest.raises(ConfigError, match="sliding window"):
        use_group_attention(model.model.language_model)
