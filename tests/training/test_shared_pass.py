"""The shared pass against the plain one, gradients included, for every way a model can be set up."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from trl.trainer import utils
from trl.trainer.utils import add_fused_lm_head

from tests.tiny import build_tiny_model
from video_ktr.scoring import Completions, VisionLanguageModel
from video_ktr.scoring.prompt_view import view_prompts
from video_ktr.training.full_pass import full_pass
from video_ktr.training.shared_pass import accept_wanted_hidden, shared_pass

KINDS = ("qwen2_5_vl", "qwen2_vl")
LORA = {"r": 4, "lora_alpha": 8, "init_lora_weights": False}


def build(kind, dtype=torch.float32):
    model = build_tiny_model(kind).to(dtype).train()
    add_fused_lm_head(model, temperature=0.7, outputs=("log_probs", "entropy"))
    accept_wanted_hidden(model)
    return model


def freeze_vision(model):
    VisionLanguageModel.of(model).core.visual.requires_grad_(False)
    return model


def checkpoint(model, *, reentrant):
    model.gradient_checkpointing_enable({"use_reentrant": reentrant})
    model.enable_input_require_grads()
    return model


def eager(model):
    model.set_attn_implementation("eager")
    return model


def lora(model, targets=r".*\.(q_proj|v_proj|down_proj|qkv)"):
    torch.manual_seed(3)
    return get_peft_model(model, LoraConfig(target_modules=targets, **LORA))


SETUPS = {
    "whole": lambda model: model,
    "frozen vision": freeze_vision,
    "language adapter": lambda model: lora(model, r".*language_model.*\.(q_proj|up_proj)"),
    "adapter in vision too": lora,
    "checkpointing": lambda model: checkpoint(model, reentrant=False),
    "reentrant checkpointing": lambda model: checkpoint(model, reentrant=True),
    "checkpointing, frozen vision": lambda model: checkpoint(freeze_vision(model), reentrant=False),
    "checkpointing, adapter": lambda model: lora(checkpoint(model, reentrant=False)),
    "eager attention": eager,
}


def full_rows(prompts, completions):
    """Left-padded prompts and right-padded completions, as TRL lays them out."""
    longest = max(len(prompt.input_ids_P) for prompt in prompts)
    rows, width = completions.token_ids_BT.shape
    ids_BL, mask_BL = torch.zeros(2, rows, longest + width, dtype=torch.long)
    for row, index in enumerate(completions.prompt_of_row):
        prompt_P = prompts[index].input_ids_P
        ids_BL[row, longest - len(prompt_P) : longest] = prompt_P
        mask_BL[row, longest - len(prompt_P) : longest] = 1
    ids_BL[:, longest:] = completions.token_ids_BT
    mask_BL[:, longest:] = completions.mask_BT
    return ids_BL, mask_BL


def plain(model, prompts, completions):
    ids_BL, mask_BL = full_rows(prompts, completions)
    per_row = [prompts[i] for i in completions.prompt_of_row]
    return full_pass(model, ids_BL, mask_BL, completions.token_ids_BT.shape[1], per_row)


def outcome(model, run, wanted_BT):
    """Log-probabilities, entropies and all gradients of a loss in which every wanted token counts differently."""
    model.zero_grad()
    log_probs_BT, entropies_BT = run()
    torch.manual_seed(5)
    weights_BT = torch.randn(2, *wanted_BT.shape) * wanted_BT
    (weights_BT[0] * log_probs_BT.float() + weights_BT[1] * entropies_BT.float()).sum().backward()
    gradients = {name: p.grad.float().clone() for name, p in model.named_parameters() if p.grad is not None}
    return log_probs_BT.detach() * wanted_BT, entropies_BT.detach() * wanted_BT, gradients


def furthest(found, expected):
    """Largest difference of any gradient entry, relative to its tensor's largest entry."""
    assert found.keys() == expected.keys()
    moved = {name: gradient for name, gradient in expected.items() if gradient.abs().max() > 1e-7}
    assert moved
    return max(((found[name] - gradient).abs().max() / gradient.abs().max()).item() for name, gradient in moved.items())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("setup", SETUPS)
def test_gradients_equal_the_plain_pass(kind, setup, mixed_prompts, completions):
    model = SETUPS[setup](build(kind))
    mask_BT = completions.mask_BT
    expected = outcome(model, lambda: plain(model, mixed_prompts, completions), mask_BT)
    found = outcome(model, lambda: shared_pass(model, mixed_prompts, completions), mask_BT)
    for ours, theirs in zip(found[:2], expected[:2], strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)
    assert furthest(found[2], expected[2]) < 1e-4
    learns_to_see = any("visual" in name for name in found[2])
    assert learns_to_see == (setup not in {"frozen vision", "language adapter", "checkpointing, frozen vision"})


@pytest.mark.parametrize("kind", KINDS)
def test_views_stand_for_prompts_where_vision_is_frozen(kind, mixed_prompts, completions):
    model = freeze_vision(build(kind))
    with torch.no_grad():
        views = view_prompts(VisionLanguageModel.of(model), mixed_prompts)
    expected = outcome(model, lambda: plain(model, mixed_prompts, completions), completions.mask_BT)
    calls = []
    hook = model.model.visual.register_forward_pre_hook(lambda *_: calls.append(1))
    found = outcome(model, lambda: shared_pass(model, views, completions), completions.mask_BT)
    hook.remove()
    assert not calls
    assert furthest(found[2], expected[2]) < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_part_of_a_group_and_part_of_the_tokens(kind, mixed_prompts, completions):
    model = build(kind)
    # One row alone of the first prompt, none of the third, and gaps in what is wanted.
    wanted_BT = completions.mask_BT * (torch.arange(9) % 3 != 1)
    wanted_BT[[1, 3, 6]] = 0
    some = Completions(completions.token_ids_BT, wanted_BT, completions.prompt_of_row)
    expected = outcome(model, lambda: plain(model, mixed_prompts, completions), wanted_BT)
    found = outcome(model, lambda: shared_pass(model, mixed_prompts, some), wanted_BT)
    torch.testing.assert_close(found[0], expected[0], atol=1e-4, rtol=0)
    assert furthest(found[2], expected[2]) < 1e-4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("autocast", [True, False], ids=["mixed", "bf16 weights"])
def test_half_precision_is_as_close_to_float32_as_the_plain_pass_is(kind, autocast, mixed_prompts, completions):
    exact_model = build(kind)
    model = exact_model if autocast else copy.deepcopy(exact_model).to(torch.bfloat16)
    if not autocast:
        # A copy keeps forwards that belong to the original.
        model = build(kind, torch.bfloat16)
    mask_BT = completions.mask_BT
    exact = outcome(exact_model, lambda: plain(exact_model, mixed_prompts, completions), mask_BT)

    def half(run):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            return run()

    theirs = outcome(model, lambda: half(lambda: plain(model, mixed_prompts, completions)), mask_BT)
    ours = outcome(model, lambda: half(lambda: shared_pass(model, mixed_prompts, completions)), mask_BT)

    def error(result):
        names = [name for name, gradient in exact[2].items() if gradient.abs().max() > 1e-7]
        moved = torch.cat([(result[2][name] - exact[2][name]).flatten() for name in names])
        return (moved.norm() / torch.cat([exact[2][name].flatten() for name in names]).norm()).item()

    assert 0 < error(ours) < 1.25 * error(theirs)
    assert (ours[0] - exact[0]).abs().mean() < 1.25 * (theirs[0] - exact[0]).abs().mean()


def test_the_prompt_and_its_video_run_once(mixed_prompts, completions):
    model = build("qwen2_5_vl")
    seen, patches = [], []
    model.model.language_model.layers[0].register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[:2]))
    model.model.visual.register_forward_pre_hook(lambda _, args: patches.append(len(args[0])))
    shared_pass(model, mixed_prompts, completions)
    tokens = sum(len(prompt.input_ids_P) - 1 for prompt in mixed_prompts) + int(completions.mask_BT.sum())
    assert seen == [(1, tokens)]
    assert patches == [48 + 128, 32]


def test_the_head_runs_at_wanted_tokens_alone(mixed_prompts, completions, monkeypatch):
    model = build("qwen2_5_vl")
    wanted_BT = completions.mask_BT * (torch.arange(9) < 2)
    rows = []
    original = utils._ChunkedLogProbFunction.apply

    def count(hidden, *rest):
        rows.append(len(hidden))
        return original(hidden, *rest)

    monkeypatch.setattr(utils._ChunkedLogProbFunction, "apply", count)
    shared_pass(model, mixed_prompts, Completions(completions.token_ids_BT, wanted_BT, completions.prompt_of_row))
    assert rows == [int(wanted_BT.sum())]


def test_the_backbone_is_called_as_before_otherwise(mixed_prompts):
    model, other = build_tiny_model("qwen2_vl"), build_tiny_model("qwen2_vl")
    accept_wanted_hidden(model)
    accept_wanted_hidden(model)
    ids = mixed_prompts[3].input_ids_P[None]
    assert torch.equal(model(input_ids=ids).logits, other(input_ids=ids).logits)
    assert not hasattr(model.model.forward.__wrapped__, "takes_wanted_hidden")
