"""Scoring one output of a benchmark in every mode at once."""

from dataclasses import dataclass
from typing import Literal, get_args

from video_ktr.evaluation.answers import score_answer
from video_ktr.evaluation.benchmarks.benchmark import MODES, Benchmark
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.extraction import first_answer_block, lenient_choice, spoken

__all__ = ["MODES", "STATES", "Scored", "State", "score_output"]

State = Literal["answered", "empty", "missing media", "unreadable media", "failed"]
STATES: tuple[str, ...] = get_args(State)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The scores of one question, each in [0, 1]."""

    video_r1: float
    """By the rules that the published numbers of Video-R1 and Video-KTR were made with."""
    official: float | None
    """By the benchmark's own rule; None when that takes a judge model."""
    lenient: float | None
    """By lenient extraction; None where the benchmark has none for this kind of answer."""
    extracted: str | None
    """What was taken as the answer; None when the output gives none."""
    state: State


def score_output(benchmark: Benchmark, question: Question, output: str | None, state: State = "answered") -> Scored:
    """Score one output in both modes and leniently.

    Whatever was not answered scores 0 in every mode and stays in the denominator; an "answered" output without text
    becomes "empty". What needs a judge model stays None in any state, so that the rows of one rule are the same
    whatever went wrong.
    """
    if state == "answered" and not (output or "").strip():
        state = "empty"
    if state != "answered" or output is None:
        official = None if benchmark.official_score("", question) is None else 0.0
        lenient = None if benchmark.lenient_score("", question) is None else 0.0
        return Scored(video_r1=0.0, official=official, lenient=lenient, extracted=None, state=state)
    return Scored(
        video_r1=score_answer(output, question.sample.solution, question.sample.problem_type),
        official=benchmark.official_score(output, question),
        lenient=benchmark.lenient_score(output, question),
        extracted=_extracted(output, question),
        state=state,
    )


def _extracted(output: str, question: Question) -> str | None:
    """The answer between its tags; without, the letter that is found leniently, or all that follows the reasoning."""
    if block := first_answer_block(output):
        return block
    said = spoken(output)
    if question.is_choice:
        return lenient_choice(said, "".join(question.choices) or "ABCDEFGHIJ")
    return said or None
