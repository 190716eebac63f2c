"""Resuming from a checkpoint of transformers' trainer, weights included."""

import os
from typing import Any

from transformers import PreTrainedModel
from transformers.utils import logging

logger = logging.get_logger(__name__)


class ResumableWeights:
    """Mixin for a `Trainer`: loads a checkpoint's weights the way `from_pretrained` does.

    `save_pretrained` writes Qwen-VL weights under the names of the released checkpoints ("visual.*"), which differ
    from the module's own ("model.visual.*"). transformers' trainer reads them back without translating, keeps the
    start weights and only warns about missing keys: a resumed run would silently begin anew with an old optimizer.

    Sharded (FSDP, DeepSpeed) and adapter checkpoints have loaders of their own, which are used as they are.
    """

    model: Any
    state: Any
    is_fsdp_enabled: bool
    is_deepspeed_enabled: bool

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        target = self.model if model is None else model
        whole = isinstance(target, PreTrainedModel) and os.path.isfile(
            os.path.join(resume_from_checkpoint, "config.json")
        )
        if not whole or self.is_fsdp_enabled or self.is_deepspeed_enabled:
            super()._load_from_checkpoint(resume_from_checkpoint, model)  # type: ignore[misc]
            return
        logger.info("loading the weights of %s", resume_from_checkpoint)
        saved = type(target).from_pretrained(resume_from_checkpoint, dtype=target.dtype)
        target.load_state_dict(saved.state_dict())

    def _load_best_model(self) -> None:
        self._load_from_checkpoint(self.state.best_model_checkpoint)
