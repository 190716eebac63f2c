"""What the trainers ask of FSDP and DeepSpeed."""

from types import SimpleNamespace

import pytest
import torch
from torch.distributed.fsdp import CPUOffloadPolicy, MixedPrecisionPolicy, OffloadPolicy

from video_ktr.errors import ConfigError
from video_ktr.training import engines
from video_ktr.training.engines import adapt_to_engine


def accelerator(fsdp=None, zero_stage=None):
    deepspeed = None if zero_stage is None else SimpleNamespace(zero_stage=zero_stage)
    plugin = fsdp and SimpleNamespace(
        **{"fsdp_version": 2, "cpu_offload": OffloadPolicy(), "mixed_precision_policy": None, **fsdp}
    )
    return SimpleNamespace(state=SimpleNamespace(fsdp_plugin=plugin, deepspeed_plugin=deepspeed))


@pytest.mark.parametrize("fsdp", [{"fsdp_version": 1}, {"cpu_offload": CPUOffloadPolicy()}])
def test_fsdp_that_cannot_work_is_refused(fsdp):
    with pytest.raises(ConfigError, match="not supported"):
        adapt_to_engine(accelerator(fsdp), SimpleNamespace(share_prefix=True))


def test_fsdp2_leaves_outputs_and_inputs_as_they_are():
    half = torch.bfloat16
    plugin = {"mixed_precision_policy": MixedPrecisionPolicy(half, half, half)}
    adapted, args = accelerator(plugin), SimpleNamespace(share_prefix=True)
    adapt_to_engine(adapted, args)
    assert adapted.state.fsdp_plugin.mixed_precision_policy == MixedPrecisionPolicy(half, half, None, False)
    assert args.share_prefix


@pytest.mark.parametrize(("stage", "shares"), [(None, True), (2, True), (3, False)])
def test_zero3_alone_stops_sharing_and_says_so(stage, shares, monkeypatch):
    warnings = []
    monkeypatch.setattr(engines.logger, "warning", warnings.append)
    args = SimpleNamespace(share_prefix=True)
    adapt_to_engine(accelerator(zero_stage=stage), args)
    assert args.share_prefix == shares
    assert len(warnings) == (not shares)
