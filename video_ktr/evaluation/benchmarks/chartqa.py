"""ChartQA: numbers and words read off charts, right within five per cent."""

import math
import re
from collections.abc import Mapping

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import needed, tagged, text
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.parquet_images import image_path
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.extraction import final_answer, numbers
from video_ktr.rewards.accuracy import parse_number

_TOLERANCE = 0.05
_NO_WORD = re.compile(r"[\W_]+")


class ChartQA(Benchmark):
    """The test table, questions written by people and by a machine.

    Official: `relaxed_match`. Video-R1's rules score words 0 always: there, only the numbers count. The lenient score
    is the relaxed match of numbers without their signs and units, and of words without case and punctuation.
    """

    name = "chartqa"
    title = "ChartQA"
    media = "image"
    group_names = ("type",)
    expected: Mapping[str, int] = {"all": 2500, "human_test": 1250, "augmented_test": 1250}
    files = ("**/test-*.parquet", "*.parquet", "*.json")
    keys = frozenset({"type", "question", "answer", "image"})

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question: numerical where the answer is a number, else free-form."""
        record = place.record
        gold = needed(record, "answer").strip()
        sample = Sample(
            problem_id=str(place.number),
            problem=needed(record, "question"),
            problem_type="free-form" if parse_number(gold) is None else "numerical",
            solution=tagged(gold),
            data_type="image",
            path=image_path(record, roots),
            original_question_type=needed(record, "type"),
            data_source="ChartQA",
        )
        groups = {"type": sample.original_question_type}
        return Question(id=sample.problem_id, sample=sample, gold=gold, groups=groups)

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:
        """The record's type, where it keeps it."""
        return {"type": text(place.record, "type") or sample.original_question_type}

    def official_prompt(self, question: Question) -> str:
        """The question and a request for a single word."""
        return f"{question.sample.problem}\nReply with one word or number."

    def official_score(self, output: str, question: Question) -> float | None:
        """Score by the relaxed match."""
        return relaxed_match(final_answer(output), question.gold)

    def lenient_score(self, output: str, question: Question) -> float | None:
        """Score as right what the relaxed match takes, of the answers as they are or of both cleaned."""
        answer = final_answer(output)
        return max(relaxed_match(answer, question.gold), relaxed_match(_cleaned(answer), _cleaned(question.gold)))


def relaxed_match(prediction: str, truth: str) -> float:
    """Compare two answers: numbers within 5 % of the truth, anything else as equal text, case apart.

    "62%" is 0.62, so that it does not match "62". Numbers with thousands commas, signs or units are text. A truth of 0
    is compared as text. Years are within 5 % of each other: that is the published rule.
    """
    given, right = _number(prediction), _number(truth)
    if given is not None and right:
        return float(abs(given - right) / abs(right) <= _TOLERANCE)
    return float(prediction.strip().lower() == truth.strip().lower())


def _number(words: str) -> float | None:
    plain = words.strip()
    percent = plain.endswith("%")
    try:
        number = float(plain.removesuffix("%"))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return number / 100 if percent else number


def _cleaned(words: str) -> str:
    """The only number of a text, or the text in lower case without punctuation."""
    found = list(numbers(words))
    return found[0].replace(",", "") if len(found) == 1 else _NO_WORD.sub(" ", words).strip().lower()
