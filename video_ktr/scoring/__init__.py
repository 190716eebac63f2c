"""What a model thinks of given completions under a given video: log-probabilities, entropies and signals."""

from video_ktr.scoring.model_family import VisionLanguageModel
from video_ktr.scoring.packing import Completions
from video_ktr.scoring.positions import VisualGrid, grid_positions, prompt_positions
from video_ktr.scoring.prompt_view import PromptView
from video_ktr.scoring.scorer import CompletionScorer, CompletionScores
from video_ktr.scoring.signals import SignalRequest, token_signals

__all__ = [
    "CompletionScorer",
    "CompletionScores",
    "Completions",
    "PromptView",
    "SignalRequest",
    "VisionLanguageModel",
    "VisualGrid",
    "grid_positions",
    "prompt_positions",
    "token_signals",
]
