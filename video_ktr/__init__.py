"""Video-KTR: GRPO training of video language models that learns from the tokens that matter."""

__version__ = "0.1.0"
