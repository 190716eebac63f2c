"""Asks a model conversations that somebody else has worded, with the frames, pixels and engine of an evaluation."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import ConfigError, DataError, MediaError
from video_ktr.evaluation.lmms_messages import from_lmms
from video_ktr.generation.prompted_model import PromptedModel
from video_ktr.jobs.batches import run_ahead
from video_ktr.jobs.item_seeds import item_seed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One request."""

    key: str
    """Seeds what is drawn and names the request in messages; unique."""
    messages: Callable[[], Sequence[dict[str, Any]]]
    """Makes the conversation in lmms-eval's form; called once, shortly before it is asked."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of it."""

    text: str
    length: int
    """Tokens, the end token included; 0 where nothing could be asked."""


_NONE = Reply(text="", length=0)
Ready = list[tuple[Conversation, EncodedPrompt | str]]


@dataclass(frozen=True, eq=False, kw_only=True)
class ConversationAsker(PromptedModel):
    """Answers conversations in batches, each the same whatever else is in its batch."""

    seed: int
    batch_size: int

    def replies(self, conversations: Sequence[Conversation]) -> Iterator[Reply]:
        """The replies, in order.

        Where media are missing or cannot be read, or a prompt is too long, the reply is empty, which counts as wrong
        as it does in `video-ktr evaluate`, and a warning names the conversation. Raises ConfigError when all of two
        or more are so: that is no fault of the conversations.
        """
        size = self.batch_size
        batches = [conversations[first : first + size] for first in range(0, len(conversations), size)]
        lost, why = 0, ""
        for ready, replies in run_ahead(batches, self._prepare, self._run):
            for conversation, prompt in ready:
                if isinstance(prompt, str):
                    lost, why = lost + 1, f"{conversation.key}: {prompt}"
                    logger.warning("%s; its reply is empty and counts as wrong", why)
            yield from replies
        if lost == len(conversations) > 1:
            raise ConfigError(f"none of {lost} requests could be asked, the last is {why}")

    def _prepare(self, batch: Sequence[Conversation]) -> Ready:
        return [(conversation, self._prompt(conversation)) for conversation in batch]

    def _prompt(self, conversation: Conversation) -> EncodedPrompt | str:
        try:
            return self.encoder.encode(from_lmms(conversation.messages()))
        except (MediaError, DataError) as error:
            return str(error)

    def _run(self, ready: Ready) -> tuple[Ready, list[Reply]]:
        asked = [(conversation.key, prompt) for conversation, prompt in ready if isinstance(prompt, EncodedPrompt)]
        drawn: Iterator[list[int]] = iter([])
        if asked:
            prompts = [prompt for _, prompt in asked]
            seeds = [item_seed(self.seed, key, 0) for key, _ in asked]
            rollouts = self.engine.generate(prompts, range(len(prompts)), self.sampling, row_seeds=seeds)
            drawn = iter(rollouts.token_ids)
        return ready, [_NONE if isinstance(prompt, str) else self._reply(next(drawn)) for _, prompt in ready]

    def _reply(self, token_ids: list[int]) -> Reply:
        return Reply(text=self.text(token_ids), length=len(token_ids))
