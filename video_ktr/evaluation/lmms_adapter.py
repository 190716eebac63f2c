"""The model that lmms-eval runs as `--model video_ktr`.

Import this module only where lmms-eval is installed; lmms-eval does, through `lmms_plugin`.
"""

import logging
import os
from collections import Counter
from typing import Any

from lmms_eval.api.instance import GenerationResult, Instance, TokenCounts  # type: ignore[import-not-found]
from lmms_eval.api.model import lmms  # type: ignore[import-not-found]
from rich.progress import track

from video_ktr.errors import ConfigError
from video_ktr.evaluation.lmms_asking import Conversation, ConversationAsker
from video_ktr.evaluation.lmms_settings import read_model_args
from video_ktr.generation.checkpoint_sampling import read_configuration

logger = logging.getLogger(__name__)


class VideoKTR(lmms):
    """A checkpoint shown what `video-ktr evaluate` shows it: same frames, pixels, chat template, engine and sampling.

    The words come from the task, in the messages of `doc_to_messages` or those that lmms-eval makes of `doc_to_visual`
    and `doc_to_text`. How answers are drawn does not: a task's `generation_kwargs` and `until` have no effect, since a
    limit meant for a bare letter cuts reasoning short. A warning tells when a task asks for another length.

    Args:
        settings: See `read_model_args`.

    Raises:
        ConfigError: A setting does not fit, the model cannot be loaded, or lmms-eval runs in several processes.
    """

    is_simple = False

    def __init__(self, **settings: Any):
        super().__init__()
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            raise ConfigError(
                "video_ktr runs in one process of lmms-eval; for several GPUs use model_args engine=vllm with "
                'engine_kwargs={"tensor_parallel_size": N}'
            )
        config = read_model_args(settings)
        read_configuration(config.model)
        self.asker = ConversationAsker.load(config, seed=config.seed, batch_size=config.batch_size)

    def generate_until(self, requests: list[Instance]) -> list[GenerationResult]:
        """One reply per request, in order; empty where the media cannot be read. See `ConversationAsker.replies`."""
        self._tell_other_lengths(requests)
        before: Counter[tuple[str, int]] = Counter()
        conversations = []
        for request in requests:
            place = (request.args[4], request.args[3])
            conversations.append(self._conversation(request.args, before[place]))
            before[place] += 1
        replies = track(self.asker.replies(conversations), "video_ktr", total=len(conversations))
        results = []
        for request, reply in zip(requests, replies, strict=True):
            self.cache_hook.add_partial("generate_until", (request.args[0], request.args[2]), reply.text)
            results.append(GenerationResult(text=reply.text, token_counts=TokenCounts(output_tokens=reply.length)))
        return results

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Refused: raises ConfigError."""
        raise ConfigError(
            f"task {requests[0].task_name!r} scores by log-likelihood, which video_ktr does not give, since it reasons "
            "before it answers; choose a task of output_type generate_until"
        )

    def generate_until_multi_round(self, requests: list[Instance]) -> list[str]:
        """Refused: raises ConfigError."""
        raise ConfigError(
            f"task {requests[0].task_name!r} goes over several rounds; video_ktr answers in one: choose a task of "
            "output_type generate_until"
        )

    def _conversation(self, args: tuple[Any, ...], before: int) -> Conversation:
        """The conversation of a document that was asked `before` times: each time is drawn anew."""
        _, doc_to_messages, _, doc_id, task, split = args
        return Conversation(
            key=f"{task} document {doc_id}" + (f" repeat {before}" if before else ""),
            messages=lambda: doc_to_messages(self.task_dict[task][split][doc_id]),
        )

    def _tell_other_lengths(self, requests: list[Instance]) -> None:
        ours = self.asker.sampling.max_new_tokens
        asked = {request.task_name: request.args[2].get("max_new_tokens", ours) for request in requests}
        for task, length in asked.items():
            if length != ours:
                logger.warning("task %s asks for max_new_tokens %s; replies may have %s tokens", task, length, ours)
