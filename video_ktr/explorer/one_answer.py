"""The explorer page of one question: ask, and look at what every token of the reply hangs on.

Letters: T completion tokens, S temporal slots.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from video_ktr.data.sample import Sample
from video_ktr.errors import ConfigError
from video_ktr.evaluation.answering import Answerer
from video_ktr.evaluation.explaining import ReplyScores
from video_ktr.evaluation.own_answer import Answer, Drawn
from video_ktr.evaluation.own_question import question_sample
from video_ktr.evaluation.streaming import OnText, token_texts
from video_ktr.explorer.frame_strip import frame_strip
from video_ktr.explorer.local_names import model_label
from video_ktr.explorer.method_facts import method_facts, signal_ratios
from video_ktr.explorer.page_data import Alternative, Completion, Page, Prompt
from video_ktr.records.token_text import word_places
from video_ktr.scoring import CompletionScorer
from video_ktr.scoring.alternatives import most_changed_tokens
from video_ktr.scoring.signals import Counterfactual
from video_ktr.scoring.slot_dropping import slot_drops

TITLE = "Token explorer"


def explore_answer(
    answerer: Answerer,
    video: str | Path | None,
    question: str,
    options: Sequence[str] = (),
    *,
    problem_type: str | None = None,
    alternatives: int = 5,
    on_text: OnText | None = None,
) -> Page:
    """Ask one question, and score the reply as training would, token by token and slot by slot.

    Example::

        answerer = Answerer.load("owner/model")
        page = explore_answer(answerer, "clip.mp4", "Which falls first?", ["the cup", "the pen"])
        write_page("explorer.html", page)

    Args:
        answerer: The model; its `key_tokens` say which signals are on and what stands in for the video.
        video, question, options, problem_type, on_text: As `Answerer.answer`.
        alternatives: Tokens named at each place (`most_changed_tokens`).

    Raises:
        ConfigError, MediaError, DataError: As `Answerer.answer`; ConfigError too for alternatives below 0.
    """
    sample = question_sample(video, question, options, problem_type)
    if alternatives < 0:
        raise ConfigError(f"alternatives is {alternatives}: give the number of tokens to name at each place, 0 or more")
    return explore_drawn(answerer, sample, answerer.draw(sample, on_text), alternatives=alternatives)


def explore_drawn(answerer: Answerer, sample: Sample, drawn: Drawn, *, alternatives: int = 5) -> Page:
    """The page of a reply that `Answerer.draw` gave to `sample`.

    Three passes over the reply, a vision pass for the frames in another order, and a pass for each temporal slot.
    """
    encoder, config = answerer.model.encoder, answerer.key_tokens
    scored = answerer.score(drawn, keep_hidden=True)
    slot_size = encoder.processor.video_processor.temporal_patch_size
    media = [] if sample.path is None else [sample.path]
    prompt = Prompt(
        question="\n".join([sample.problem, *sample.options]),
        media=Path(sample.path).name if sample.path else "",
        frames=frame_strip(media, encoder.media, frames_per_slot=slot_size),
        completions=[_completion(answerer, drawn, scored, alternatives)],
    )
    return Page(
        title=TITLE,
        prompts=[prompt],
        ratios=signal_ratios(config),
        scope=config.scope,
        facts={
            "model": model_label(answerer.name),
            "temperature": f"{answerer.model.sampling.temperature:g}",
            "seed": str(answerer.seed),
            **method_facts(config),
        },
    )


def _completion(answerer: Answerer, drawn: Drawn, scored: ReplyScores, alternatives: int) -> Completion:
    tokenizer, scorer, scores = answerer.tokenizer, answerer.scorer, scored.by_signal
    true_T = scored.true.log_probs_BT[0]
    drops_TS = slot_drops(scorer, scored.views[0], scored.completions.token_ids_BT[0], true_T)
    visual, temporal = (_existing(c) for c in (scored.counterfactuals.visual, scored.counterfactuals.temporal))
    return Completion(
        tokens=_shown_tokens(tokenizer, drawn.token_ids),
        words=word_places([tokenizer.decode([token_id]) for token_id in drawn.token_ids]),
        log_probs=true_T.tolist(),
        visual_log_probs=_log_probs(visual),
        temporal_log_probs=_log_probs(temporal),
        visual_scores=scores["visual"],
        temporal_scores=scores["temporal"],
        entropy_scores=scores["entropy"],
        visual_alternatives=_alternatives(tokenizer, scorer, scored, visual, alternatives),
        temporal_alternatives=_alternatives(tokenizer, scorer, scored, temporal, alternatives),
        frame_scores=None if drops_TS is None else drops_TS.tolist(),
        facts=_facts(drawn.answer),
    )


def _existing(counterfactual: Counterfactual | None) -> Counterfactual | None:
    """None where the signal is off or the prompt has nothing to hide or reorder."""
    return counterfactual if counterfactual is not None and bool(counterfactual.rows_B[0]) else None


def _log_probs(counterfactual: Counterfactual | None) -> list[float] | None:
    if counterfactual is None:
        return None
    values: list[float] = counterfactual.scores.log_probs_BT[0].tolist()
    return values


def _alternatives(
    tokenizer: Any, scorer: CompletionScorer, scored: ReplyScores, other: Counterfactual | None, count: int
) -> list[list[Alternative]] | None:
    if other is None or other.scores.hidden_KD is None or scored.true.hidden_KD is None:
        return None
    found = most_changed_tokens(
        scorer.parts.lm_head, scored.true.hidden_KD, other.scores.hidden_KD, count, temperature=scorer.temperature
    )
    columns = (found.token_ids_NK.tolist(), found.probabilities_NK.tolist(), found.other_probabilities_NK.tolist())
    return [
        [
            Alternative(text=tokenizer.decode([i]), probability=p, other_probability=q)
            for i, p, q in zip(*row, strict=True)
        ]
        for row in zip(*columns, strict=True)
    ]


def _shown_tokens(tokenizer: Any, token_ids: list[int]) -> list[str]:
    """What each token adds to the reply; the end token, which adds nothing, by its name."""
    special = set(tokenizer.all_special_ids)
    texts = token_texts(tokenizer, token_ids)
    return [tokenizer.decode([i]) if i in special else text for i, text in zip(token_ids, texts, strict=True)]


def _facts(answer: Answer) -> dict[str, str]:
    facts = {"answer": answer.answer, "tokens": str(answer.num_tokens), "seconds": f"{answer.seconds:.1f}"}
    return {**facts, "cut": "at the length limit"} if answer.truncated else facts
