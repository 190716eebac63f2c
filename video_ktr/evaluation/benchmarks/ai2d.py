"""AI2D: questions on diagrams of school science."""

import string
from collections.abc import Mapping

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import needed, text
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.parquet_images import image_path
from video_ktr.evaluation.benchmarks.question import Question, letter_solution, lettered_list, option_lines, text_list
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.extraction import final_answer, leading_letter

_NO_MARKS = str.maketrans("", "", string.punctuation)


class AI2D(Benchmark):
    """The test table. Say which copy it is: with letters drawn over the diagram, or without a mask (higher scores).

    Official: the letter of a reply that begins "B.", else the whole reply, compared without case and punctuation.
    """

    name = "ai2d"
    title = "AI2D"
    media = "image"
    expected: Mapping[str, int] = {"all": 3088}
    files = ("**/test-*.parquet", "*.parquet", "*.json")
    keys = frozenset({"question", "options", "answer", "image"})

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question; the answer is the number of an option, from 0."""
        record = place.record
        options = lettered_list(text_list(record.get("options"), "options"))
        gold = text(record, "answer").strip()
        if not gold.isdecimal() or int(gold) >= len(options):
            raise RecordError("answer not among options", f"the answer {gold[:40]!r} is no number of an option from 0")
        sample = Sample(
            problem_id=str(place.number),
            problem=needed(record, "question"),
            problem_type="multiple choice",
            solution=letter_solution(options[int(gold)][0], options),
            options=options,
            data_type="image",
            path=image_path(record, roots),
            data_source="AI2D",
        )
        return Question(id=sample.problem_id, sample=sample, gold=gold)

    def official_prompt(self, question: Question) -> str:
        """The question with its lettered options and a request for the letter."""
        return f"{question.sample.problem}\n{option_lines(question)}\nReply with the letter of the right option."

    def official_score(self, output: str, question: Question) -> float | None:
        """Score the letter."""
        given = leading_letter(final_answer(output))
        return float(given.translate(_NO_MARKS).strip().lower() == question.right.lower())
