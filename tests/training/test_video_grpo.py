import math

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForImageTextToText, GenerationConfig, GPT2Config

from tests.scoring.oracle import plain_pass
from tests.training.helpers import gradients, loss_and_gradients
from video_ktr.errors import ConfigError, DataError, MediaError
from video_ktr.generation import Rollouts, TransformersEngine
from video_ktr.training import VideoGRPOTrainer


def part(batch, rows):
    """The micro-batch of the given rows."""
    return {
        key: [value[r] for r in rows] if isinstance(value, list) else value[rows] if value.ndim else value
        for key, value in batch.items()
    }


def hand_written_loss(model, reference, batch, *, beta=0.0, epsilon=0.2):
    """Equation 1 of the paper with the k3 estimate of the KL term, one full sequence at a time."""
    losses = []
    for row, prompt in enumerate(batch["prompts"]):
        length = int(batch["completion_mask"][row].sum())
        token_ids_T = batch["completion_ids"][row, :length]
        log_probs_T, _ = plain_pass(model, prompt, token_ids_T)
        old_T = batch["old_per_token_logps"][row, :length] if "old_per_token_logps" in batch else log_probs_T.detach()
        ratio_T = (log_probs_T - old_T).exp()
        advantage = batch["advantages"][row]
        policy_T = torch.min(ratio_T * advantage, ratio_T.clamp(1 - epsilon, 1 + epsilon) * advantage)
        with torch.no_grad():
            difference_T = plain_pass(reference, prompt, token_ids_T)[0]
        difference_T = difference_T - log_probs_T
        kl_T = difference_T.exp() - difference_T - 1
        losses.append(-(policy_T - beta * kl_T).mean())
    return torch.stack(losses).mean()


def test_step_equals_a_hand_written_loss_on_mixed_prompts(build_trainer, rollouts, rows, checkpoint):
    trainer = build_trainer(VideoGRPOTrainer, beta=0.3, num_iterations=2)
    batch = rollouts(trainer, [rows[0], rows[5], rows[6], rows[4]])
    assert "old_per_token_logps" in batch
    # Move the policy away from the one that sampled and from the reference, so that ratios and KL are not trivial.
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.02)
    loss, grads = loss_and_gradients(trainer, batch)

    trainer.model.zero_grad()
    reference = AutoModelForImageTextToText.from_pretrained(checkpoint)
    expected = hand_written_loss(trainer.model, reference, batch, beta=0.3)
    expected.backward()
    assert loss == pytest.approx(expected.item(), abs=1e-5)
    by_hand = gradients(trainer.model)
    assert by_hand.keys() == grads.keys()
    assert any("visual" in name for name in grads)
    for name, gradient in by_hand.items():
        assert (grads[name] - gradient).abs().max() <= 1e-5 * max(1.0, gradient.abs().max().item()), name


def test_advantages_use_the_unbiased_deviation(build_trainer, rollouts, rows):
    rewards = [0.0, 1.0, 1.0, 2.0]
    trainer = build_trainer(VideoGRPOTrainer, reward_funcs=lambda completions, **_: rewards[: len(completions)])
    batch = rollouts(trainer, rows[:1])
    deviation = math.sqrt(2 / 3)  # mean 1, squares 1 + 0 + 0 + 1, ddof 1
    expected = torch.tensor([(r - 1) / (deviation + 1e-4) for r in rewards])
    torch.testing.assert_close(batch["advantages"], expected)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_micro_batches_and_order_do_not_change_the_gradient(build_trainer, rollouts, rows, size):
    trainer = build_trainer(VideoGRPOTrainer, beta=0.1)
    batch = rollouts(trainer, [rows[1], rows[6]])
    loss, whole = loss_and_gradients(trainer, batch)
    order = torch.randperm(8, generator=torch.Generator().manual_seed(1)).tolist()
    trainer.model.zero_grad()
    losses = []
    for start in range(0, 8, size):
        piece = trainer._compute_loss(trainer.model, part(batch, order[start : start + size])) * size / 8
        piece.backward()
        losses.append(piece.item())
    assert sum(losses) == pytest.approx(loss, abs=1e-6)
    for name, gradient in gradients(trainer.model).items():
        torch.testing.assert_close(gradient, whole[name], atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"gradient_accumulation_steps": 2, "per_device_train_batch_size": 4},
        {"num_iterations": 2, "beta": 0.1},
        {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4},
        {"gradient_checkpointing": True},
        {"loss_type": "dapo"},
    ],
)
def test_training_moves_language_and_vision_weights(build_trainer, settings):
    trainer = build_trainer(VideoGRPOTrainer, **settings)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in trainer.model.named_parameters() if not torch.equal(p, before[name])}
    assert any("language_model" in name for name in moved)
    assert any("visual" in name for name in moved)
    assert all(math.isfinite(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry)


def test_peft_trains_the_adapter_alone_against_the_base_as_reference(build_trainer):
    peft = pytest.importorskip("peft")
    trainer = build_trainer(
        VideoGRPOTrainer, beta=0.1, peft_config=peft.LoraConfig(target_modules=["q_proj", "v_proj"], r=4)
    )
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in trainer.model.named_parameters() if not torch.equal(p, before[name])}
    assert moved
    assert all("lora" in name for name in moved)


def test_media_are_held_once_per_prompt(build_trainer, rollouts, rows):
    trainer = build_trainer(VideoGRPOTrainer)
    batch = rollouts(trainer, rows[:3])
    assert len(batch["prompts"]) == 12
    assert len({id(prompt) for prompt in batch["prompts"]}) == 3
    assert "pixel_values" not in batch
    assert "pixel_values_videos" not in batch


def test_frames_in_the_messages_train_like_a_file(build_trainer, rollouts, rows):
    frames = np.zeros((8, 56, 56, 3), dtype=np.uint8)
    message = {"role": "user", "content": [rows[0]["prompt"][0]["content"][0], {"type": "video", "video": frames}]}
    trainer = build_trainer(VideoGRPOTrainer)
    batch = rollouts(trainer, [{"prompt": [message]}, rows[0]])
    shown, filed = batch["prompts"][0], batch["prompts"][-1]
    assert shown.input_ids_P.tolist() == filed.input_ids_P.tolist()
    assert not torch.equal(shown.video_patches_KD, filed.video_patches_KD)


def test_image_columns_are_put_into_the_messages(build_trainer, rollouts, media_files):
    trainer = build_trainer(VideoGRPOTrainer)
    row = {"prompt": [{"role": "user", "content": "what shape ?"}], "images": [media_files[5]]}
    batch = rollouts(trainer, [row])
    assert batch["prompts"][0].image_grid is not None


def test_checkpoint_settings_do_not_reach_sampling(build_trainer, rollouts, rows, checkpoint, monkeypatch):
    model = AutoModelForImageTextToText.from_pretrained(checkpoint)
    poison = GenerationConfig(
        temperature=1e-6,
        top_k=1,
        top_p=0.001,
        repetition_penalty=1.5,
        min_p=0.9,
        no_repeat_ngram_size=2,
        do_sample=True,
    )
    model.generation_config = poison
    trainer = build_trainer(VideoGRPOTrainer, model=model)
    seen = []
    original = type(model)._prepare_generation_config

    def spy(self, *args, **kwargs):
        result = original(self, *args, **kwargs)
        seen.append(result[0])
        return result

    monkeypatch.setattr(type(model), "_prepare_generation_config", spy)
    rollouts(trainer, rows[:1])
    (used,) = seen
    assert (used.temperature, used.top_p, used.top_k, used.repetition_penalty) == (1.0, 1.0, 0, 1.0)
    assert not used.no_repeat_ngram_size
    assert not used.min_p
    assert trainer.model.generation_config.repetition_penalty == 1.5


def test_visual_placeholders_are_never_sampled(build_trainer, rollouts, rows, checkpoint):
    model = AutoModelForImageTextToText.from_pretrained(checkpoint)
    wanted = model.config.video_token_id
    with torch.no_grad():
        # Every hidden state favours the placeholder.
        model.get_output_embeddings().weight[wanted] = 50 * model.model.language_model.norm.weight
    trainer = build_trainer(VideoGRPOTrainer, model=model)
    batch = rollouts(trainer, rows[:2])
    forbidden = torch.tensor(trainer._parts.visual_token_ids)
    assert wanted in forbidden
    assert not torch.isin(batch["completion_ids"], forbidden).any()


def test_equal_rewards_give_no_gradient_and_are_counted(build_trainer):
    trainer = build_trainer(VideoGRPOTrainer, reward_funcs=lambda completions, **_: [1.0] * len(completions))
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    assert all(torch.equal(p, before[name]) for name, p in trainer.model.named_parameters())
    assert trainer.state.log_history[0]["frac_reward_zero_std"] == 1.0


def test_a_loss_that_is_not_finite_stops_before_the_weights_move(build_trainer, rollouts, rows):
    trainer = build_trainer(VideoGRPOTrainer)
    batch = rollouts(trainer, rows[:1])
    batch["advantages"] = batch["advantages"] * float("nan")
    with pytest.raises(FloatingPointError, match="the loss is nan"):
        trainer._compute_loss(trainer.model, batch)


@pytest.mark.parametrize("name", ["tools", "rollout_func", "environment_factory"])
def test_what_cannot_be_shown_a_video_is_refused(checkpoint, name):
    with pytest.raises(ConfigError, match=name):
        VideoGRPOTrainer(model=checkpoint, **{name: [lambda: None]})


def test_a_model_without_video_support_is_refused(tmp_path):
    GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=10).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="gpt2, which has no video support here: use one of qwen2_vl, qwen2_5_vl"):
        VideoGRPOTrainer(model=str(tmp_path))


def test_a_completion_of_no_token_is_refused_by_row(build_trainer, rollouts, rows, monkeypatch):
    monkeypatch.setattr(TransformersEngine, "generate", lambda *_: Rollouts([[9, 9], [9], [], [9]]))
    with pytest.raises(ValueError, match="no token for row 2"):
        rollouts(build_trainer(VideoGRPOTrainer), rows[:1])


def test_a_completion_of_the_end_token_alone_trains(build_trainer, rollouts, rows, monkeypatch):
    trainer = build_trainer(VideoGRPOTrainer)
    end = trainer.eos_token_ids[0]
    monkeypatch.setattr(TransformersEngine, "generate", lambda *_: Rollouts([[end], [20, end], [end], [20, 21, end]]))
    loss, _ = loss_and_gradients(trainer, rollouts(trainer, rows[:1]))
    assert math.isfinite(loss)


def test_missing_and_corrupt_videos_name_the_file(build_trainer, rollouts, tmp_path):
    trainer = build_trainer(VideoGRPOTrainer, bad_media="stop")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    for path in (str(tmp_path / "missing.mp4"), str(broken)):
        content = [{"type": "text", "text": "what ?"}, {"type": "video", "video": path}]
        with pytest.raises(MediaError, match=path):
            rollouts(trainer, [{"prompt": [{"role": "user", "content": content}]}])


def test_a_prompt_over_the_limit_is_refused_not_cut(build_trainer, rollouts, rows):
    trainer = build_trainer(VideoGRPOTrainer, max_prompt_tokens=10)
    with pytest.raises(DataError, match="max_prompt_tokens=10"):
        rollouts(trainer, rows[:1])


def test_a_video_column_is_refused_rather_than_ignored(build_trainer, rollouts, rows):
    trainer = build_trainer(VideoGRPOTrainer)
    with pytest.raises(DataError, match="'video'"):
        rollouts(trainer, [{**rows[6], "video": "clip.mp4"}])


def test_text_only_prompts_train(build_trainer, rows):
    trainer = build_trainer(VideoGRPOTrainer, dataset=Dataset.from_list([rows[6]] * 4))
    trainer.train()
    assert trainer.state.global_step == 2
