"""Losses of hand-made numbers, through the trainers' own loss."""

import pytest
import torch

from tests.training.conftest import build_trainer, checkpoint, media_files, rollouts, rows  # noqa: F401


@pytest.fixture
def hand_loss():
    """`hand_loss(trainer, log_probs_BT, ...)`: the loss, and its gradient in each token's log-probability."""

    def compute(trainer, log_probs_BT, mask_BT, *, entropies_BT=None, **inputs):
        trainer.model.train()
        trainer.current_gradient_accumulation_steps = 1
        leaf_BT = log_probs_BT.clone().requires_grad_()
        entropies_BT = torch.zeros_like(log_probs_BT) if entropies_BT is None else entropies_BT
        trainer._score_micro_batch = lambda *_: (leaf_BT, entropies_BT)
        prompt_B1 = torch.ones(len(mask_BT), 1, dtype=torch.long)
        batch = {
            "prompt_ids": prompt_B1,
            "prompt_mask": prompt_B1,
            "completion_ids": torch.ones_like(mask_BT),
            "completion_mask": mask_BT,
            "num_items_in_batch": mask_BT.sum(),
            **inputs,
        }
        loss = trainer._compute_loss(trainer.model, batch)
        loss.backward()
        return loss.item(), leaf_BT.grad

    return compute
