"""Prompts whose videos show their frames in another order, to generate from."""

from torch import Generator

from video_ktr.attribution import can_reorder, frame_order
from video_ktr.data.encoding import EncodedPrompt
from video_ktr.scoring import CompletionScorer
from video_ktr.scoring.counterfactual import move_frames


def shuffled_prompt(prompt: EncodedPrompt, generator: Generator, scorer: CompletionScorer) -> EncodedPrompt | None:
    """The prompt with the frames of each video in a random order that is not theirs; text and images unchanged.

    None where no video has two frames: images, text, and prompts whose media could not be read.

    Args:
        generator: On the CPU; the order depends on it alone.
        scorer: Of the model that will see it.
    """
    orders = [
        frame_order(frames, "shuffle", generator=generator) if can_reorder(frames, "shuffle") else None
        for frames in prompt.num_frames
    ]
    return move_frames(prompt, orders, scorer) if any(order is not None for order in orders) else None
