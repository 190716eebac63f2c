"""MMStar: 1,500 questions that need their image, in six categories."""

import re
from collections.abc import Mapping

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import needed, text
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.parquet_images import image_path
from video_ktr.evaluation.benchmarks.question import Question, letter_solution, option_lines
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.extraction import final_answer

_LETTERS = "ABCD"
_CATEGORIES = (
    "coarse perception",
    "fine-grained perception",
    "instance reasoning",
    "logical reasoning",
    "science & technology",
    "math",
)


class MMStar(Benchmark):
    """The table of the set. Its options stand in the question's text; they are taken out, to be written once.

    Official: right when the reply, in lower case, begins with the letter or holds "(b", "option b" or "the answer is
    b"; mean over questions. lmms-eval's average is another one: the mean over the 18 subcategories.
    """

    name = "mmstar"
    title = "MMStar"
    media = "image"
    group_names = ("category", "l2_category")
    expected: Mapping[str, int] = {"all": 1500, **dict.fromkeys(_CATEGORIES, 250)}
    files = ("**/mmstar.parquet", "**/val*.parquet", "*.parquet", "*.json")
    keys = frozenset({"question", "answer", "image", "category"})

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question; where its options cannot be told apart they stay in the text."""
        record = place.record
        question, gold = needed(record, "question"), needed(record, "answer").strip()
        problem, options = split_options(question)
        sample = Sample(
            problem_id=text(record, "index") or str(place.number),
            problem=problem,
            problem_type="multiple choice",
            solution=letter_solution(gold, options or tuple(_LETTERS)),
            options=options,
            data_type="image",
            path=image_path(record, roots),
            original_question_type=text(record, "l2_category"),
            data_source="MMStar",
        )
        groups = {name: needed(record, name) for name in self.group_names}
        return Question(id=sample.problem_id, sample=sample, gold=gold, groups=groups, details={"question": question})

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:
        """The categories, where the record keeps them."""
        told = {name: text(place.record, name) for name in self.group_names}
        return told | {"l2_category": told["l2_category"] or sample.original_question_type}

    def official_prompt(self, question: Question) -> str:
        """The question as the file has it, its options inside, and a request for the letter."""
        asked = question.details.get("question") or f"{question.sample.problem}\n{option_lines(question)}"
        return f"{asked}\nReply with the letter of the right option."

    def official_score(self, output: str, question: Question) -> float | None:
        """Score by the set's own matcher."""
        answer, gold = final_answer(output).lower(), question.right.lower()
        marks = (f"({gold}", f"option {gold}", f"the answer is {gold}")
        return float(answer.startswith(gold) or any(mark in answer for mark in marks))


def split_options(question: str) -> tuple[str, tuple[str, ...]]:
    """``"How many? Options: A: 1, B: 2"`` as ``("How many?", ("A. 1", "B. 2"))``; none where there are not two."""
    problem, found, rest = question.rpartition("Options:")
    starts: list[re.Match[str]] = []
    for letter in _LETTERS:
        start = re.compile(rf"(?:\A|[,;\n])\s{{0,8}}({letter})[:.]").search(rest, starts[-1].end() if starts else 0)
        if start is None:
            break
        starts.append(start)
    if not found or len(starts) < 2:
        return question, ()
    ends = [start.start() for start in starts[1:]] + [len(rest)]
    texts = [rest[start.end() : end].strip() for start, end in zip(starts, ends, strict=True)]
    return problem.strip(), tuple(f"{letter}. {words}" for letter, words in zip(_LETTERS, texts, strict=False))
