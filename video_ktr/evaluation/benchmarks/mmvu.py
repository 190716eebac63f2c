"""MMVU: expert questions of 27 subjects on videos; its multiple-choice part is what the paper reports."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers import mmvu
from video_ktr.data.readers.fields import needed
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import UNKNOWN, Question, option_lines
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.extraction import final_answer, lenient_choice

# Spellings differ between folders and metadata: a subject belongs where one of these begins it, or it begins one.
_DISCIPLINES = {
    "Science": "Astronomy Biology Chemistry Electromagnetism Geography Materials_Science Mechanics Modern_Physics "
    "Neurobiology Thermodynamics",
    "Engineering": "Biomedical Civil Computer_Science Electrical Electronics_and_Communication Mechanical",
    "Healthcare": "Basic_Medicine Clinical_Medicine Dentistry Pharmacy Preventive_Medicine",
    "Humanities and Social Science": "Art Economics History Law Literature Management",
}
_SUBJECTS = {subject: name for name, subjects in _DISCIPLINES.items() for subject in subjects.split()}
_FINAL = re.compile(r"answer is:?[\s$({*]{0,8}(?:\\(?:boxed|text|mathrm)\{){0,2}([A-E])(?!\w)")


class MMVU(Benchmark):
    """The validation file; only the multiple-choice questions unless `open_ended`.

    The published numbers of the official script come from a GPT-4o judge. For multiple choice the judge reads off a
    letter; here that is the last "answer is X" of the answer, else the lenient letter. Open questions need the judge.
    """

    group_names = ("discipline", "subject")
    files = ("**/validation.json", "**/validation*.parquet", "**/eval_mmvu.json", "*.json")
    keys = frozenset({"question", "choices", "answer"})

    def __init__(self, *, open_ended: bool = False):
        self.open_ended = open_ended
        self.name = "mmvu_val" if open_ended else "mmvu"
        self.title = "MMVU (val)" if open_ended else "MMVU (mc)"
        self.expected: Mapping[str, int] = {"all": 1000 if open_ended else 625}

    def read_official(self, place: Place, roots: MediaRoots) -> Question | None:
        """Read one question; None for an open one that is left out."""
        record = place.record
        if needed(record, "question_type") != "multiple-choice" and not self.open_ended:
            return None
        sample = mmvu.read(record, str(place.index), roots)
        metadata = record.get("metadata")
        told = metadata.get("subject") if isinstance(metadata, dict) else None
        return Question(
            id=sample.problem_id,
            sample=sample,
            gold=needed(record, "answer").strip(),
            groups=_groups(str(told) if told else _folder(sample)),
        )

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:  # noqa: ARG002
        """The subject is the video's folder."""
        return _groups(_folder(sample))

    def official_prompt(self, question: Question) -> str:
        """The question with its lettered options and a request to reason first."""
        if not question.is_choice:
            return (
                f"Question: {question.sample.problem}\nReason step by step, then close with: The final answer is: ..."
            )
        options = option_lines(question, "{letter}: {text}")
        return (
            f"Question: {question.sample.problem}\n{options}\n"
            "Reason step by step, then close with the letter alone: The final answer is: ..."
        )

    def official_score(self, output: str, question: Question) -> float | None:
        """Score a letter; None for an open question."""
        if not question.is_choice:
            return None
        answer = final_answer(output)
        said = _FINAL.findall(answer)
        return float((said[-1] if said else lenient_choice(answer, "ABCDE")) == question.right)


def _folder(sample: Sample) -> str:
    return PurePosixPath(sample.path).parent.name if sample.path else UNKNOWN


def _groups(subject: str) -> dict[str, str]:
    wanted = "_".join(subject.split())
    low = wanted.lower()
    exact = {known for known in _SUBJECTS if known.lower() == low}
    near = exact or {known for known in _SUBJECTS if low.startswith(known.lower()) or known.lower().startswith(low)}
    disciplines = {_SUBJECTS[known] for known in near}
    return {"discipline": disciplines.pop() if len(disciplines) == 1 else UNKNOWN, "subject": wanted or UNKNOWN}
