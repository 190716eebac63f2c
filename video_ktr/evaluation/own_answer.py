"""The reply to a question of one's own."""

from dataclasses import dataclass

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.evaluation.explaining import ScoredToken
from video_ktr.evaluation.own_question import ShownMedia
from video_ktr.scoring import PromptView


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One reply, and what it was given to."""

    question: str
    options: tuple[str, ...]
    """Lettered."""
    problem_type: str
    output: str
    """The whole reply, tags included, special tokens left out."""
    think: str
    """The reasoning, "" where none is marked."""
    answer: str
    """As `split_reply` takes it from the output."""
    model: str
    media: ShownMedia
    num_tokens: int
    """Length of the reply, its end token included."""
    truncated: bool
    """Whether the reply was cut at `max_new_tokens`."""
    seconds: float
    """From reading the media to the last token."""
    tokens: tuple[ScoredToken, ...] | None = None
    """The reply's tokens with their scores; None unless asked for."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawn:
    """A reply, its tokens, and the prompt it was drawn from with its media encoded."""

    answer: Answer
    token_ids: list[int]
    prompt: EncodedPrompt
    views: list[PromptView] | None
