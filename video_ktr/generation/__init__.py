"""Rollouts: one protocol, and the engines that follow it."""

from video_ktr.generation.checkpoint_sampling import checkpoint_sampling
from video_ktr.generation.engine import RolloutEngine, Rollouts, Sampling
from video_ktr.generation.engines import ENGINES, build_engine
from video_ktr.generation.transformers_engine import TransformersEngine

__all__ = [
    "ENGINES",
    "RolloutEngine",
    "Rollouts",
    "Sampling",
    "TransformersEngine",
    "build_engine",
    "checkpoint_sampling",
]
