"""Verifiable rewards in TRL's form: lists of a batch in, one number or None (cannot be scored) a completion out."""

from video_ktr.rewards.accuracy import accuracy_reward
from video_ktr.rewards.format import format_reward
from video_ktr.rewards.length import length_reward

__all__ = ["accuracy_reward", "format_reward", "length_reward"]
