"""Shared fixtures: one thread, no network, and tiny models with random weights built from their configurations."""

import os
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Read when trackio is imported, which TRL does.
os.environ.setdefault("TRACKIO_DIR", os.path.join(tempfile.gettempdir(), "video-ktr-tests-trackio"))

import pytest
import torch
from hypothesis import settings

from tests.tiny import VOCABULARY, build_tiny_model, random_prompt
from video_ktr.scoring import Completions

pytest_plugins = ["tests.run_fixtures"]

torch.set_num_threads(1)
# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", params=["qwen2_5_vl", "qwen2_vl"])
def tiny_model(request):
    """A random model of each supported family, float32, evaluation mode."""
    return build_tiny_model(request.param)


@pytest.fixture(scope="session")
def mixed_prompts():
    """Four prompts of different lengths: a video, a longer video of an odd number of frames, an image, text alone."""
    generator = torch.Generator().manual_seed(7)
    return [
        random_prompt(generator, text=(4, 6), video=(3, 4, 4), num_frames=6),
        random_prompt(generator, text=(2, 9), video=(4, 4, 8), num_frames=7),
        random_prompt(generator, text=(3, 5), image=(1, 4, 8)),
        random_prompt(generator, text=(5, 0)),
    ]


@pytest.fixture(scope="session")
def completions():
    """Seven completions of lengths 1 to 9 for the four prompts, rows of one prompt not always side by side."""
    generator = torch.Generator().manual_seed(8)
    lengths = [9, 4, 1, 7, 6, 3, 8]
    token_ids_BT = torch.randint(10, VOCABULARY, (7, 9), generator=generator)
    mask_BT = (torch.arange(9) < torch.tensor(lengths)[:, None]).long()
    return Completions(token_ids_BT * mask_BT, mask_BT, prompt_of_row=[0, 0, 1, 2, 1, 3, 2])
