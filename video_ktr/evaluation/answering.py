"""One question, one reply: a model asked about a video, an image or a folder of frames."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, cast

from video_ktr.attribution import KeyTokenConfig
from video_ktr.data.prompt_files import find_template
from video_ktr.data.prompts import PromptTemplate, build_messages
from video_ktr.data.sample import Sample
from video_ktr.evaluation.answer_settings import AnswerSettings
from video_ktr.evaluation.explaining import ReplyScores, explain_tokens, require_explainable, score_reply
from video_ktr.evaluation.own_answer import Answer, Drawn
from video_ktr.evaluation.own_question import question_sample, shown_media
from video_ktr.evaluation.reply_parts import split_reply
from video_ktr.evaluation.streaming import OnText, TextStreamer, iterate_texts
from video_ktr.generation import TransformersEngine
from video_ktr.generation.prompted_model import PromptedModel
from video_ktr.jobs.item_seeds import item_seed
from video_ktr.scoring import CompletionScorer


@dataclass(frozen=True, eq=False, kw_only=True)
class Answerer:
    """Asks a model one question at a time.

    Example::

        answerer = Answerer.load("owner/model", media=MediaConfig(max_frames=32))
        reply = answerer.answer("clip.mp4", "Which falls first?", ["the cup", "the pen"], explain=True)
        print(reply.think, reply.answer)
        print([token.text for token in reply.tokens if "visual" in token.key])
        for text in answerer.stream("clip.mp4", "What happens next?"):
            print(text, end="", flush=True)

    Equal questions get equal replies: at a temperature above 0 the seed decides what is drawn.
    """

    name: str
    model: PromptedModel
    template: PromptTemplate
    key_tokens: KeyTokenConfig
    seed: int

    @classmethod
    def load(cls, model: str, *, template: str | PromptTemplate = "reasoning", **settings: Any) -> Self:
        """Load a checkpoint folder or hub model, on the GPU where there is one.

        Args:
            model: Folder or hub name.
            template: The prompt template, its name or its file.
            settings: Fields of `AnswerSettings`: media, temperature, top_p, top_k, max_new_tokens, seed,
                max_prompt_tokens, engine_kwargs (device, dtype, ...).

        Raises:
            ConfigError: There is no such template, or the model cannot be loaded.
        """
        prompt_template = find_template(template) if isinstance(template, str) else template
        return cls.of(AnswerSettings(model=model, **settings), prompt_template)

    @classmethod
    def of(cls, settings: AnswerSettings, template: PromptTemplate, key_tokens: KeyTokenConfig | None = None) -> Self:
        """As `load`, from settings; `key_tokens` says how explanations choose theirs, by default as the paper does.

        Raises:
            ConfigError: As `load`, and for a counterfactual that needs more than one question.
        """
        key_tokens = key_tokens or KeyTokenConfig()
        require_explainable(key_tokens)
        return cls(
            name=settings.model,
            model=PromptedModel.load(settings),
            template=template,
            key_tokens=key_tokens,
            seed=settings.seed,
        )

    def answer(
        self,
        video: str | Path | None,
        question: str,
        options: Sequence[str] = (),
        *,
        problem_type: str | None = None,
        explain: bool = False,
        on_text: OnText | None = None,
    ) -> Answer:
        """Ask one question; see `question_sample` for the arguments.

        Args:
            explain: Score the reply's tokens, three more passes over it.
            on_text: Called with each piece of the reply as it is drawn; put together they are `Answer.output`.

        Raises:
            ConfigError: As `question_sample`.
            MediaError: The media are missing or cannot be read.
            DataError: The prompt is longer than `max_prompt_tokens`.
        """
        return self._answer(question_sample(video, question, options, problem_type), explain, on_text)

    def stream(
        self,
        video: str | Path | None,
        question: str,
        options: Sequence[str] = (),
        *,
        problem_type: str | None = None,
    ) -> Iterator[str]:
        """The reply in pieces as it is drawn, in a thread; arguments and errors as `answer`.

        A wrong question is told at once, media that cannot be read when the first piece is asked for. Closing the
        iterator ends the generation.
        """
        sample = question_sample(video, question, options, problem_type)
        return iterate_texts(lambda tell: self._answer(sample, explain=False, on_text=tell))

    def draw(self, sample: Sample, on_text: OnText | None = None) -> Drawn:
        """As `answer`, for a question made by `question_sample`, with what a closer look at the reply needs."""
        start = time.perf_counter()
        prompt = self.model.encoder.encode(build_messages(sample, self.template))
        media = shown_media(sample, prompt, self.model.encoder.media.time_limit_seconds)
        streamer = TextStreamer(self.tokenizer, on_text) if on_text else None
        rollouts = self._engine.generate(
            [prompt], [0], self.model.sampling, row_seeds=[item_seed(self.seed, "reply", 0)], streamer=streamer
        )
        seconds = time.perf_counter() - start
        token_ids = rollouts.token_ids[0]
        output = self.model.text(token_ids)
        think, answer = split_reply(output)
        told = Answer(
            question=sample.problem,
            options=sample.options,
            problem_type=sample.problem_type,
            output=output,
            think=think,
            answer=answer,
            model=self.name,
            media=media,
            num_tokens=len(token_ids),
            truncated=self.model.is_cut(token_ids),
            seconds=seconds,
        )
        return Drawn(answer=told, token_ids=token_ids, prompt=prompt, views=rollouts.views)

    def score(self, drawn: Drawn, *, keep_hidden: bool = False) -> ReplyScores:
        """Run a reply under the true and the counterfactual media; see `score_reply`."""
        seed = item_seed(self.seed, "counterfactual", 0)
        return score_reply(
            self.scorer,
            drawn.prompt,
            drawn.token_ids,
            self.key_tokens,
            seed=seed,
            views=drawn.views,
            keep_hidden=keep_hidden,
        )

    @property
    def scorer(self) -> CompletionScorer:
        """At temperature 0 the distribution drawn from has no spread: scores are those at temperature 1."""
        return CompletionScorer(self._engine.model, temperature=self.model.sampling.temperature or 1.0)

    @property
    def tokenizer(self) -> Any:
        """The model's."""
        return self.model.encoder.processor.tokenizer

    def _answer(self, sample: Sample, explain: bool, on_text: OnText | None) -> Answer:
        drawn = self.draw(sample, on_text)
        if not explain:
            return drawn.answer
        tokens = explain_tokens(self.tokenizer, drawn.token_ids, self.score(drawn), self.key_tokens)
        return replace(drawn.answer, tokens=tokens)

    @property
    def _engine(self) -> TransformersEngine:
        # `AnswerSettings` lets no other be built.
        return cast("TransformersEngine", self.model.engine)
