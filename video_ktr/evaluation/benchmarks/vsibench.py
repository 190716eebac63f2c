"""VSI-Bench: distances, sizes, counts and directions in rooms that a video walks through."""

import math
import re
from collections.abc import Mapping

import numpy as np

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import needed, tagged, text
from video_ktr.data.schema import ProblemType, Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question, letter_solution, option_lines, text_list
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.extraction import final_answer, first_token, numbers
from video_ktr.rewards.accuracy import parse_number

_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
)
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.IGNORECASE)
_DIRECTION = "object_rel_direction"


class VSIBench(Benchmark):
    """The test table. Number questions score by mean relative accuracy, the others by their letter.

    Official: the mean of eight tasks, that of relative direction being itself the mean of easy, medium and hard.
    Video-R1's number is another: the mean of the accuracy of the letters and the mean relative accuracy of the
    numbers.
    """

    name = "vsibench"
    title = "VSI-Bench"
    group_names = ("task", "question_type", "measure")
    expected: Mapping[str, int] = {
        "all": 5130, "object_counting": 565, "object_abs_distance": 834, "object_size_estimation": 953,
        "room_size_estimation": 288, "object_rel_distance": 710, "object_rel_direction_easy": 217,
        "object_rel_direction_medium": 378, "object_rel_direction_hard": 373, "route_planning": 194,
        "obj_appearance_order": 618,
    }  # fmt: skip
    files = ("test*.parquet", "test.jsonl", "full/*.parquet", "**/test*.parquet", "**/eval_vsibench.json", "*.json")
    keys = frozenset({"dataset", "scene_name", "question_type", "question", "ground_truth"})
    official_headline = "macro:task/question_type"
    video_r1_headline = "macro:measure"

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question; one without options asks for a number."""
        record = place.record
        options, gold = tuple(text_list(record.get("options") or [], "options")), needed(record, "ground_truth").strip()
        kind: ProblemType = "multiple choice" if options else "regression"
        scene = f"{needed(record, 'dataset')}/{needed(record, 'scene_name')}.mp4"
        question_type = needed(record, "question_type")
        sample = Sample(
            problem_id=text(record, "id") or str(place.number),
            problem=needed(record, "question"),
            problem_type=kind,
            solution=letter_solution(gold, options) if options else tagged(gold),
            options=options,
            data_type="video",
            path=str(roots.resolve_first([scene, f"VSIBench/{scene}", f"VSI-Bench/{scene}"])),
            original_question_type=question_type,
            data_source="VSI-Bench",
        )
        return Question(id=sample.problem_id, sample=sample, gold=gold, groups=_groups(question_type, kind))

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:  # noqa: ARG002
        """The question type stands in ``original_question_type``."""
        return _groups(sample.original_question_type, sample.problem_type)

    def official_prompt(self, question: Question) -> str:
        """The question, its options, and a request for the letter or for a single word."""
        if not question.is_choice:
            return f"These are frames of a video.\n{question.sample.problem}\nReply with one word or number."
        options = option_lines(question)
        return (
            f"These are frames of a video.\n{question.sample.problem}\nOptions:\n{options}\n"
            "Reply with the letter of the right option."
        )

    def official_score(self, output: str, question: Question) -> float | None:
        """Score a letter, case apart, or a number."""
        answer = final_answer(output)
        if question.is_choice:
            return float(first_token(answer).lower() == question.right.lower())
        return relative_accuracy(answer, question.right)


def relative_accuracy(prediction: str, truth: str) -> float:
    """Compute the share of theta in {0.50, 0.55, ..., 0.95} with |p - t| / t <= 1 - theta, in float64.

    The prediction is the whole text, else the first number in it, else the first number word up to twenty; without
    any it scores 0. A truth of 0 is met only by 0.
    """
    given, right = _number(prediction), parse_number(truth)
    if given is None or right is None:
        return 0.0
    if right == 0:
        return float(given == 0)
    error = abs(given - right) / abs(right)
    return float(np.mean(error <= 1 - np.linspace(0.5, 0.95, 10)))


def _number(answer: str) -> float | None:
    whole = parse_number(answer.strip())
    if whole is not None:
        return whole
    for written in numbers(answer):
        value = float(written.replace(",", ""))
        return value if math.isfinite(value) else None
    word = _WORD.search(answer)
    return float(_WORDS.index(word[1].lower())) if word else None


def _groups(question_type: str, kind: str) -> dict[str, str]:
    task = _DIRECTION if question_type.startswith(_DIRECTION) else question_type
    measure = "mean relative accuracy" if kind == "regression" else "accuracy"
    return {"task": task, "question_type": question_type, "measure": measure}
