"""Asks a model the questions of a benchmark, one completion each; whatever goes wrong with one is that one's answer."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.data.media import VideoFrames, load_video
from video_ktr.errors import ConfigError, DataError, MediaError
from video_ktr.evaluation.answer_record import Answer
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.config import EvaluationConfig
from video_ktr.evaluation.wording import Wording
from video_ktr.generation.engine import RolloutEngine
from video_ktr.generation.prompted_model import PromptedModel
from video_ktr.jobs.item_seeds import item_seed

Ready = tuple[Question, EncodedPrompt | Answer]


@dataclass(frozen=True, eq=False, kw_only=True)
class Asker(PromptedModel):
    """Asks questions.

    An answer depends neither on the batch it is in nor on what was asked before, as far as arithmetic allows: with few
    digits in the weights (bfloat16) another batch can tip a close call.
    """

    benchmark: Benchmark
    wording: Wording
    seed: int

    def prepare(self, questions: Sequence[Question]) -> list[Ready]:
        """Each question with its prompt, or with the answer that says why it has none; uses no model."""
        return [(question, self._prompt(question)) for question in questions]

    def run(self, ready: Sequence[Ready]) -> list[Answer]:
        """The answers of a batch, in its order.

        A batch that the engine fails on is asked question by question, and what fails alone is "failed". Raises
        ConfigError when two or more questions are asked and the engine breaks on each of them: that is no fault of the
        questions.
        """
        asked = [(question, prompt) for question, prompt in ready if isinstance(prompt, EncodedPrompt)]
        started = time.monotonic()
        done = iter(self._ask(asked) if asked else [])
        seconds = (time.monotonic() - started) / max(len(asked), 1)
        return [p if isinstance(p, Answer) else replace(next(done), seconds=seconds) for _, p in ready]

    def _prompt(self, question: Question) -> EncodedPrompt | Answer:
        path = question.sample.path
        if path is not None and not os.path.exists(path):
            return _lost(question, "missing media", f"{path}: no such file")
        try:
            return self._encode(question)
        except MediaError as error:
            return _lost(question, "unreadable media", str(error))
        except DataError as error:
            # Longer than the limit, or subtitles that cannot be read.
            return _lost(question, "failed", str(error))

    def _encode(self, question: Question) -> EncodedPrompt:
        if not (self.benchmark.needs_frame_times and question.sample.data_type == "video"):
            return self.encoder.encode(self.wording.messages(self.benchmark, question))
        video = self._video(str(question.sample.path))
        messages = self.wording.messages(self.benchmark, self.benchmark.at_frames(question, video.seconds))
        content = messages[0]["content"]
        shown = [{**part, "video": video.frames_FCHW} if part["type"] == "video" else part for part in content]
        # Frames given as an array are taken at the config's rate: with the video's own, its times stay true.
        media = replace(self.encoder.media, fps=video.fps)
        encoder = PromptEncoder(self.encoder.processor, media, max_prompt_tokens=self.encoder.max_prompt_tokens)
        return encoder.encode([{**messages[0], "content": shown}])

    def _video(self, path: str) -> VideoFrames:
        load = load_video if self.encoder.frame_cache is None else self.encoder.frame_cache.load_video
        return load(path, self.encoder.media)

    def _ask(self, asked: list[tuple[Question, EncodedPrompt]]) -> list[Answer]:
        try:
            return self._answers(asked)
        except (DataError, RuntimeError) as error:
            # vLLM refuses a prompt above its own limit, CUDA runs out of memory on one of many frames.
            if len(asked) == 1:
                return [_lost(asked[0][0], "failed", f"{type(error).__name__}: {error}")]
            alone = [self._ask([one])[0] for one in asked]
            if isinstance(error, RuntimeError) and all(answer.state == "failed" for answer in alone):
                raise ConfigError(
                    f"the engine failed on each of {len(asked)} questions, last with {alone[-1].detail}; change its "
                    "settings, or lower media.max_pixels or the frames"
                ) from error
            return alone

    def _answers(self, asked: list[tuple[Question, EncodedPrompt]]) -> list[Answer]:
        seeds = [item_seed(self.seed, question.id, 0) for question, _ in asked]
        prompts = [prompt for _, prompt in asked]
        token_ids = self.engine.generate(prompts, range(len(prompts)), self.sampling, row_seeds=seeds).token_ids
        return [
            Answer(
                key=question.id,
                output=self.text(ids),
                length=len(ids),
                truncated=self.is_cut(ids),
                frames=sum(prompt.num_frames) or None,
            )
            for (question, prompt), ids in zip(asked, token_ids, strict=True)
        ]


def build_asker(
    config: EvaluationConfig, benchmark: Benchmark, wording: Wording, *, engine: RolloutEngine | None = None
) -> Asker:
    """Load what asks, the model too unless an `engine` holds it. Raises ConfigError when something cannot be loaded."""
    return Asker.load(config, engine=engine, benchmark=benchmark, wording=wording, seed=config.seed)


def _lost(question: Question, state: str, detail: str) -> Answer:
    return Answer(key=question.id, state=state, detail=" ".join(detail.split()))
