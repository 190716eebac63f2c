"""TRL's GRPO on video prompts, with and without key tokens, its rivals, and supervised fine-tuning."""

from video_ktr.training.config import VideoGRPOConfig, VideoKTRConfig
from video_ktr.training.high_entropy import HighEntropyConfig, HighEntropyTrainer
from video_ktr.training.t_grpo import TGRPOConfig, TGRPOTrainer
from video_ktr.training.tw_grpo import TWGRPOConfig, TWGRPOTrainer
from video_ktr.training.video_grpo import VideoGRPOTrainer
from video_ktr.training.video_ktr import VideoKTRTrainer

__all__ = [
    "HighEntropyConfig",
    "HighEntropyTrainer",
    "TGRPOConfig",
    "TGRPOTrainer",
    "TWGRPOConfig",
    "TWGRPOTrainer",
    "VideoGRPOConfig",
    "VideoGRPOTrainer",
    "VideoKTRConfig",
    "VideoKTRTrainer",
]
