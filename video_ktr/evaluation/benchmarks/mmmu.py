"""MMMU, validation: college questions of 30 subjects on up to seven images."""

from collections.abc import Mapping

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import needed, text
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.parquet_images import image_path
from video_ktr.evaluation.benchmarks.question import Question, letter_solution, lettered_list, option_lines, text_list
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.benchmarks.subjects import DISCIPLINES, subject_groups
from video_ktr.evaluation.benchmarks.videommmu import open_solution
from video_ktr.evaluation.extraction import MMMU_MARKS, final_answer, mmmu_choice
from video_ktr.evaluation.mmmu_open import open_score

_IMAGES = tuple(f"image_{number}" for number in range(1, 8))


class MMMU(Benchmark):
    """The validation split, merged or one folder a subject. Several images of a question are shown as one picture.

    Official: MMMU's parser of letters or of open answers, mean over questions. Where it finds no letter, the published
    script draws one at random; here the answer is wrong, so that two runs agree.
    """

    name = "mmmu"
    title = "MMMU (val)"
    media = "image"
    group_names = ("discipline", "subject")
    expected: Mapping[str, int] = {
        "all": 900,
        **{name: 30 * len(subjects) for name, subjects in DISCIPLINES.items()},
    }
    files = ("**/validation*.parquet", "*.parquet", "*.json")
    keys = frozenset({"id", "question", "options", "answer", "question_type", "image_1"})

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question; an open one is numerical where its answer is a number, else free-form."""
        record = place.record
        name, gold, question = needed(record, "id"), needed(record, "answer").strip(), needed(record, "question")
        options = lettered_list(text_list(record.get("options") or [], "options"))
        closed = text(record, "question_type") == "multiple-choice"
        kind, solution = open_solution(gold)
        if closed:
            kind, solution = "multiple choice", letter_solution(gold, options)
        sample = Sample(
            problem_id=name,
            problem=question,
            problem_type=kind,
            solution=solution,
            options=options if closed else (),
            data_type="image",
            path=image_path(record, roots, _IMAGES),
            original_question_type=text(record, "question_type"),
            data_source="MMMU",
        )
        return Question(id=name, sample=sample, gold=gold, groups=subject_groups(name))

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:
        """Discipline and subject by the record's ``id``, where it keeps one."""
        return subject_groups(text(place.record, "id") or sample.problem_id)

    def official_prompt(self, question: Question) -> str:
        """The question with its options in brackets, and a request for the letter or for a single word."""
        if not question.is_choice:
            return f"{question.sample.problem}\n\nReply with one word or phrase."
        options = option_lines(question, "({letter}) {text}")
        return f"{question.sample.problem}\n\n{options}\n\nReply with the letter of the right option."

    def official_score(self, output: str, question: Question) -> float | None:
        """Score a letter or an open answer."""
        answer = final_answer(output)
        if not question.is_choice:
            return open_score(answer, question.gold)
        return float(mmmu_choice(answer, question.choices, MMMU_MARKS) == question.right)
