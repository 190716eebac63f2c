"""An update whose processes run the same parts of the model equally often, whatever their prompts hold.

Letters: K patches of a picture, L tokens, D width.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor
from torch.distributed.fsdp import FSDPModule

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring import PromptView, VisionLanguageModel


def vision_passes(prompts: Sequence[EncodedPrompt | PromptView]) -> int:
    """Calls of the vision tower in one update pass: one for all videos and one for all images; none for views."""
    encoded = [prompt for prompt in prompts if isinstance(prompt, EncodedPrompt)]
    videos, images = (any(getattr(p, name) is not None for p in encoded) for name in ("video_grid", "image_grid"))
    return int(videos) + int(images)


@contextmanager
def even_passes(
    model: Any, prompts: Sequence[EncodedPrompt | PromptView], accelerator: Accelerator, *, shared: bool
) -> Iterator[None]:
    """Inside, a forward pass of `model` asks for the same weights, in the same order, on every process.

    FSDP2 and ZeRO-3 gather a layer's weights together, and every engine adds up gradients together: a process whose
    micro-batch has no video would leave the others waiting at the vision tower. What it lacks in vision passes is made
    up by a blank picture of one token, which is added to the hidden states times 0: no value and no gradient changes.

    Under FSDP2 the embedding table and the LM head are gathered before, until the backward pass has ended. The table is
    looked up a prompt and a row at a time, which differs between processes. The head's weight is read by TRL's fused
    head, which runs no hook of it: where accelerate has made the head a unit of its own (Qwen2.5-VL 7B, whose head is
    not tied), TRL 1.16 would gather it in a way that does not add up its gradient over processes.

    Args:
        model: As the trainer calls it.
        prompts: Those of this process's micro-batch.
        shared: Whether the pass is `shared_pass`, which sees media before it looks up embeddings, or `full_pass`, which
            sees them after.
    """
    if accelerator.num_processes == 1:
        yield
        return
    parts = VisionLanguageModel.of(model)
    core, embeddings = parts.core, parts.core.get_input_embeddings()
    for table in (embeddings, parts.lm_head):
        if isinstance(table, FSDPModule):
            table.set_reshard_after_forward(False, recurse=False)
            table.unshard()
    own = vision_passes(prompts)
    missing = int(accelerator.gather(torch.tensor([own], device=accelerator.device)).max()) - own
    blanks: list[Tensor] = []

    def run(*_: Any) -> None:
        blanks.extend(_blank_features(core.visual, accelerator.device) for _ in range(missing - len(blanks)))

    def attach(_: Any, __: Any, output: Any) -> Any:
        hidden_1LD = output.last_hidden_state
        nothing = torch.stack(blanks).sum() * 0
        return replace(output, last_hidden_state=hidden_1LD + nothing.to(hidden_1LD.dtype))

    with ExitStack() as stack:
        if missing:
            place = core.register_forward_pre_hook(run) if shared else embeddings.register_forward_hook(run)
            for handle in (place, core.register_forward_hook(attach)):
                stack.callback(handle.remove)
        yield


def _blank_features(visual: Any, device: torch.device) -> Tensor:
    patch, merge = visual.patch_embed, visual.spatial_merge_size
    width = patch.in_channels * patch.temporal_patch_size * patch.patch_size**2
    patches_KD = torch.zeros(merge**2, width, device=device, dtype=visual.dtype)
    features: Tensor = visual(patches_KD, grid_thw=torch.tensor([[1, merge, merge]], device=device)).pooler_output
    return features
