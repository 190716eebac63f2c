"""A blank picture that stands in for missing media changes nothing."""

import dataclasses
from types import SimpleNamespace

import pytest
import torch

from tests.training.helpers import loss_and_gradients
from video_ktr.training import VideoGRPOTrainer
from video_ktr.training.even_passes import even_passes, vision_passes


def with_another_process(passes):
    """An accelerator that finds another process with so many vision passes."""
    return SimpleNamespace(
        num_processes=2, device=torch.device("cpu"), gather=lambda own: torch.cat([own, torch.tensor([passes])])
    )


@pytest.mark.parametrize(("chosen", "passes"), [([6], 0), ([0, 6], 1), ([5], 1), ([0, 1, 5], 2)])
def test_videos_are_one_pass_and_images_another(build_trainer, rollouts, rows, chosen, passes):
    trainer = build_trainer(VideoGRPOTrainer)
    prompts = rollouts(trainer, [rows[i] for i in chosen])["prompts"]
    assert vision_passes(prompts) == passes


@pytest.mark.parametrize("share_prefix", [True, False])
def test_blank_pictures_change_no_loss_and_no_gradient(build_trainer, rollouts, rows, share_prefix):
    trainer = build_trainer(VideoGRPOTrainer, share_prefix=share_prefix)
    batch = rollouts(trainer, [rows[6], rows[6]])
    calls = []
    trainer._parts.core.visual.register_forward_pre_hook(lambda *_: calls.append(1))
    loss, gradients = loss_and_gradients(trainer, batch)
    assert not calls
    with even_passes(trainer.model, batch["prompts"], with_another_process(2), shared=share_prefix):
        even_loss, even_gradients = loss_and_gradients(trainer, batch)
    assert len(calls) == 2
    assert even_loss == loss
    tower = even_gradients.keys() - gradients.keys()
    # Every weight of the tower takes part in the backward pass, with nothing to say.
    assert tower == {name for name, _ in trainer.model.named_parameters() if ".visual." in name}
    assert not any(even_gradients[name].any() for name in tower)
    assert all(torch.equal(even_gradients[name], gradient) for name, gradient in gradients.items())
    loss_and_gradients(trainer, batch)
    assert len(calls) == 2


def test_views_need_no_vision_pass(build_trainer, rollouts, rows):
    trainer = build_trainer(VideoGRPOTrainer)
    trainer._parts.core.visual.requires_grad_(False)
    prompts = rollouts(trainer, [rows[0], rows[5]])["prompts"]
    assert dataclasses.is_dataclass(prompts[0])
    assert vision_passes(prompts) == 0
