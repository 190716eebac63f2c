"""The places of TRL we reach into. A failure here after an upgrade says what to look at again."""

import inspect

import pytest
import trl
from transformers import Trainer
from trl import GRPOTrainer
from trl.trainer.utils import add_fused_lm_head

from video_ktr.training import HighEntropyTrainer, TGRPOTrainer, TWGRPOTrainer, VideoGRPOTrainer, VideoKTRTrainer

SIGNATURES = {
    "_generate_and_score_completions": ["self", "inputs"],
    "_tokenize_prompts": ["self", "prompts"],
    "_generate_single_turn": [
        "self",
        "prompt_ids",
        "images",
        "multimodal_fields",
        "num_generations",
        "has_tool_images",
    ],
    "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
    "_compute_loss": ["self", "model", "inputs"],
    "_get_train_sampler": ["self", "dataset"],
    "_prepare_inputs": ["self", "generation_batch"],
    "training_step": ["self", "model", "inputs", "num_items_in_batch"],
}


def source(name):
    return inspect.getsource(getattr(GRPOTrainer, name))


def test_version_is_the_one_we_pin():
    assert trl.__version__.startswith("1.16.")


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures(name):
    assert list(inspect.signature(getattr(GRPOTrainer, name)).parameters) == SIGNATURES[name]


def test_scoring_signature_starts_as_ours():
    theirs = list(inspect.signature(GRPOTrainer._get_per_token_logps_and_entropies).parameters)
    ours = list(inspect.signature(VideoGRPOTrainer._get_per_token_logps_and_entropies).parameters)
    assert theirs[: len(ours) - 1] == ours[:-1]


def test_only_the_named_seams_are_overridden():
    ours = VideoGRPOTrainer.__mro__[: VideoGRPOTrainer.__mro__.index(GRPOTrainer)]
    overridden = {name for kind in ours for name in vars(kind) if name in vars(GRPOTrainer)} - {"__init__", "__doc__"}
    private = {name for name in overridden if not name.startswith("__")}
    assert private == {*SIGNATURES, "_get_per_token_logps_and_entropies"}
    added = {name for name in vars(VideoKTRTrainer) if name in vars(GRPOTrainer) and not name.startswith("__")}
    assert added == {"_generate_and_score_completions"}


@pytest.mark.parametrize(
    ("kind", "seams"),
    [
        (TGRPOTrainer, {"_calculate_rewards"}),
        (TWGRPOTrainer, {"_generate_and_score_completions", "_compute_loss"}),
        (HighEntropyTrainer, set()),
    ],
)
def test_the_rivals_override_what_they_name(kind, seams):
    assert {name for name in vars(kind) if name in vars(GRPOTrainer) and not name.startswith("__")} == seams


def test_rewards_are_gathered_before_the_bonus_and_summed_after():
    assert "rewards_per_func = gather(rewards_per_func)\n        return rewards_per_func" in source(
        "_calculate_rewards"
    )
    body = source("_generate_and_score_completions")
    assert body.index("self._calculate_rewards(") < body.index("rewards.view(-1, num_generations)")
    assert "self.accelerator.process_index * len(prompts)" in body


def test_the_entropy_mask_leaves_the_kl_term_and_the_divisor_alone():
    body = source("_compute_loss")
    masked = body.index("per_token_loss = per_token_loss * entropy_mask")
    assert masked < body.index("per_token_loss = per_token_loss + self.beta * per_token_kl")
    assert "loss = ((per_token_loss * mask).sum(-1) / mask.sum(-1).clamp(min=1.0)).mean()" in body
    assert "loss = (per_token_loss * mask).sum() / mask.sum().clamp(min=1.0)" in body


def test_the_policy_term_can_be_had_alone():
    body = source("_compute_loss")
    assert "if self.beta != 0.0:\n            per_token_loss = per_token_loss + self.beta * per_token_kl" in body
    assert "if self.top_entropy_quantile < 1.0:\n            entropy_mask" in body
    assert "if self._entropy_bonus_enabled:" in body
    # All that it logs, it logs there; and what it keeps from step to step is the entropy bonus's.
    assert body.count(".append(") == body.count("self._metrics[mode][")
    assert body.index("if self._entropy_bonus_enabled:") < body.index("self._entropy_window_stats = ")


def test_generation_goes_through_the_two_seams():
    body = source("_generate")
    assert "self._tokenize_prompts(prompts)" in body
    assert "self._generate_single_turn(" in body


def test_loss_asks_for_log_probabilities_once():
    assert source("_compute_loss").count("self._get_per_token_logps_and_entropies(") == 1


def test_a_generation_is_buffered_and_counted_as_we_do():
    body = source("_prepare_inputs")
    assert "generate_every = self.args.steps_per_generation * self.num_iterations" in body
    assert "if self._step % generate_every == 0 or self._buffered_inputs is None:" in body
    assert "self._buffered_inputs[self._step % self.args.steps_per_generation]" in body
    assert "self._step += 1" in source("training_step")


def test_fused_head_calls_the_backbone_and_takes_shifted_labels():
    body = inspect.getsource(add_fused_lm_head)
    assert "backbone_outputs = getattr(self, backbone_attr)(*args, **kwargs)" in body
    assert "labels = shift_labels" in body


def test_loss_takes_token_advantages_and_a_tool_mask():
    body = source("_compute_loss")
    assert "advantages.dim() == 1" in body
    assert 'completion_mask * inputs["tool_mask"]' in body


def test_old_policy_is_the_first_pass_without_gradients():
    body = source("_generate_and_score_completions")
    old = body.index("old_per_token_logps, _, _ = self._get_per_token_logps_and_entropies(")
    assert old < body.index("ref_per_token_logps, _, _ = self._get_per_token_logps_and_entropies(")
    assert body.count("self._get_per_token_logps_and_entropies(") == 3


def test_a_row_without_any_reward_is_left_out():
    body = source("_generate_and_score_completions")
    assert "unscorable_mask = torch.isnan(rewards_per_func).all(dim=1)" in body
    assert "rewards[unscorable_mask] = torch.nan" in body
    assert "advantages = torch.nan_to_num(advantages, nan=0.0)" in body


def test_the_loader_is_built_where_we_wrap_its_dataset():
    names = list(inspect.signature(Trainer._get_dataloader).parameters)
    assert names[:2] == ["self", "dataset"]
    assert "return self._get_dataloader(\n            dataset=dataset" in source("get_train_dataloader")
