"""Rollouts: one protocol, and the engines that follow it."""

from video_ktr.generation.engine import RolloutEngine, Rollouts, Sampling
from video_ktr.generation.transformers_engine import TransformersEngine

__all__ = ["RolloutEngine", "Rollouts", "Sampling", "TransformersEngine"]
