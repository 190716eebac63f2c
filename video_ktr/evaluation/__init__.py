"""Benchmarks: how an answer is scored, and how sure the score is."""

from video_ktr.evaluation.answers import score_answer
from video_ktr.evaluation.intervals import wilson_interval

__all__ = ["score_answer", "wilson_interval"]
