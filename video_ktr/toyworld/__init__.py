"""Procedurally made videos, questions and a tiny real Qwen2.5-VL: the embedded default and the test bed."""
