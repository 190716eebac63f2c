"""Verifiable rewards in TRL's form: lists of a batch in, one number or None (cannot be scored) a completion out."""

from video_ktr.rewards.accuracy import accuracy_reward
from video_ktr.rewards.caption import caption_reward
from video_ktr.rewards.format import format_reward
from video_ktr.rewards.length import length_reward
from video_ktr.rewards.registry import find_rewards
from video_ktr.rewards.soft_choice import origin_accuracy_reward, soft_choice_reward
from video_ktr.rewards.temporal_iou import temporal_iou_reward

__all__ = [
    "accuracy_reward",
    "caption_reward",
    "find_rewards",
    "format_reward",
    "length_reward",
    "origin_accuracy_reward",
    "soft_choice_reward",
    "temporal_iou_reward",
]
