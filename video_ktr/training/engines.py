"""What an engine that splits weights over processes cannot do, and what it has to be told."""

from dataclasses import replace

from accelerate import Accelerator
from torch.distributed.fsdp import CPUOffloadPolicy
from transformers.utils import logging

from video_ktr.errors import ConfigError
from video_ktr.training.config import VideoGRPOConfig

logger = logging.get_logger(__name__)


def adapt_to_engine(accelerator: Accelerator, args: VideoGRPOConfig) -> None:
    """Set up what the trainers need of FSDP2 and DeepSpeed; call it before the policy is wrapped.

    FSDP2 under mixed precision: accelerate would round what the model returns, log-probabilities included, to half
    precision; they stay as they are computed. ZeRO-3: `args.share_prefix` is switched off, with a warning.

    Raises:
        ConfigError: FSDP version 1, or FSDP2 with CPU offload.
    """
    fsdp = getattr(accelerator.state, "fsdp_plugin", None)
    if fsdp is not None:
        if fsdp.fsdp_version == 1:
            raise ConfigError("FSDP version 1 is not supported: set version 2 in fsdp_config, or use DDP or DeepSpeed")
        if isinstance(fsdp.cpu_offload, CPUOffloadPolicy):
            raise ConfigError("FSDP with CPU offload is not supported: set offload_params to false, or use ZeRO-2")
        if fsdp.mixed_precision_policy is not None:
            fsdp.mixed_precision_policy = replace(
                fsdp.mixed_precision_policy, output_dtype=None, cast_forward_inputs=False
            )
    deepspeed = accelerator.state.deepspeed_plugin
    if deepspeed is not None and deepspeed.zero_stage == 3 and args.share_prefix:
        # It gathers the embedding table at every look-up, and a shared pass has as many as a process has rows.
        logger.warning(
            "share_prefix is switched off: DeepSpeed ZeRO-3 needs every process to run the same modules. Every "
            "completion runs with a prompt and video of its own; DDP, ZeRO-2 and FSDP2 share them"
        )
        args.share_prefix = False
