"""Losses and gradients of one micro-batch."""

import torch


def gradients(model):
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def loss_and_gradients(trainer, batch):
    trainer.model.zero_grad()
    loss = trainer._compute_loss(trainer.model, batch)
    loss.backward()
    return loss.item(), gradients(trainer.model)


def last_layer(grads):
    return {name: g for name, g in grads.items() if "language_model.layers.1." in name}


def weights(trainer):
    return [p.detach().clone() for p in trainer.model.parameters()]


def seeded_rollouts(rollouts, trainer, rows):
    torch.manual_seed(5)
    return rollouts(trainer, rows)


def drifted(batch):
    """The batch under a policy that has moved so far from the one that drew it that ratios are clipped."""
    old_BT = batch.get("old_per_token_logps")
    if old_BT is not None:
        drift_BT = 0.4 * torch.randn(old_BT.shape, generator=torch.Generator().manual_seed(3))
        batch["old_per_token_logps"] = old_BT + drift_BT * batch["completion_mask"]
    return batch
