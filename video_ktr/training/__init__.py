"""TRL's GRPO on video prompts, with and without key tokens, and supervised fine-tuning."""

from video_ktr.training.config import VideoGRPOConfig, VideoKTRConfig
from video_ktr.training.video_grpo import VideoGRPOTrainer
from video_ktr.training.video_ktr import VideoKTRTrainer

__all__ = ["VideoGRPOConfig", "VideoGRPOTrainer", "VideoKTRConfig", "VideoKTRTrainer"]
