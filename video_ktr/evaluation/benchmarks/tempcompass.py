"""TempCompass: four tasks on five aspects of time, over clips that differ in little else."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers import tempcompass
from video_ktr.data.readers.fields import Record, needed, text
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import UNKNOWN, Question, lettered_list, option_lines
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.extraction import final_answer

ASPECTS = ("action", "direction", "speed", "order", "attribute_change")
_COUNTS = {
    "multi-choice": (338, 335, 317, 302, 288),
    "yes_no": (592, 494, 537, 382, 448),
    "caption_matching": (297, 327, 291, 300, 288),
    "captioning": (396, 436, 388, 400, 384),
}
TASKS = tuple(_COUNTS)
_YES_NO = ("A. yes", "B. no")
_LABELLED = re.compile(r"((?:Option|Caption|Sentence) ?(\w)):\s*(\S.*)", re.ASCII)
_LETTER = re.compile(r"([A-Z])(?:[.)]|\Z)")
_CELL = "task and aspect"


class TempCompass(Benchmark):
    """The four question files, or any of them, as Parquet or in the JSON form by video and aspect.

    Every question is asked with lettered options, as in Video-R1's file: yes/no and the captions to match are given
    letters, and captioning asks its own multiple-choice question. Official: each task's matching rule, in which a
    letter stands for its option; what it cannot match is wrong (the published script then asks GPT-3.5, or is told
    not to). Captions themselves need that judge: captioning has no official score.
    """

    name = "tempcompass"
    title = "TempCompass"
    group_names = ("task", "aspect", _CELL)
    expected: Mapping[str, int] = {
        "all": 7540,
        **{task: sum(counts) for task, counts in _COUNTS.items()},
        **{f"{task}, {aspect}": n for task, ns in _COUNTS.items() for aspect, n in zip(ASPECTS, ns, strict=True)},
    }
    files = (
        "questions/*.json",
        "*/test-*.parquet",
        "**/test-*.parquet",
        "**/eval_tempcompass.json",
        "*.parquet",
        "*.json",
    )
    keys = frozenset({"question", "answer", "video_id", "dim"})
    media_folders = ("videos", "tempcompass_videos/videos", "tempcompass_videos", "TempCompass/videos", "")

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question of any task; its id is task/video/aspect/number in either form of the files."""
        record, task = place.record, _task(place)
        sample, details = _READERS[task](record, str(place.index), roots)
        aspect = sample.original_question_type
        return Question(
            id=f"{task}/{place.index}" if isinstance(place.index, str) else f"{task}/{record['video_id']}/{aspect}",
            sample=sample,
            gold=needed(record, "mc_answer" if task == "captioning" else "answer").strip(),
            groups={"task": task, "aspect": aspect, _CELL: f"{task}, {aspect}"},
            details={"question": needed(record, "question"), **details},
        )

    def unique_id(self, name: str, before: int) -> str:
        """Number the questions of one video and aspect from 0; a JSON file has them numbered."""
        return f"{name}/{before}" if name.count("/") == 2 else super().unique_id(name, before)

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:
        """Task and aspect where the record names them; yes/no questions also show by their options."""
        named = {text(place.record, key) for key in ("task", "dim", "original_question_type")}
        texts = {option[1:].lstrip(".): ").lower() for option in sample.options}
        task = next((task for task in TASKS if task in named), "yes_no" if texts == {"yes", "no"} else UNKNOWN)
        aspect = next((aspect for aspect in ASPECTS if aspect in named), UNKNOWN)
        return {"task": task, "aspect": aspect, _CELL: f"{task}, {aspect}"}

    def official_prompt(self, question: Question) -> str:
        """The question in its own layout with a short request; captioning is its own request."""
        asked = str(question.details.get("question") or f"{question.sample.problem}\n{option_lines(question)}")
        match question.groups["task"]:
            case "captioning":
                return asked
            case "yes_no":
                return f"{asked}\nAnswer with yes or no:"
        return f"{asked}\nGive the best option alone:"

    def official_score(self, output: str, question: Question) -> float | None:
        """Score by the task's matching rule; None for captioning."""
        task = question.groups["task"]
        if task == "captioning":
            return None
        answer = final_answer(output)
        if (letter := _LETTER.match(answer)) and letter[1] in question.choices:
            return float(letter[1] == question.right)
        if task == "yes_no":
            return float(answer.lower().startswith(question.choices.get(question.right, question.right).lower()))
        # A question without options is right by its answer alone.
        line = next((option for option in question.sample.options if option[:1] == question.right), question.right)
        return float(answer in question.details.get("accepted", [line]))


def _task(place: Place) -> str:
    """By the name of the file or its folder, else by what the record holds."""
    for words in (place.file.stem, place.file.parent.name):
        for task in TASKS:
            if task in words:
                return task
    record = place.record
    if text(record, "mc_question"):
        return "captioning"
    if text(record, "answer").strip().lower() in {"yes", "no"}:
        return "yes_no"
    lines = text(record, "question").split("\n")
    return "caption_matching" if any(_LABELLED.match(line.strip()) for line in lines) else "multi-choice"


def _read_choice(record: Record, index: str, roots: MediaRoots) -> tuple[Sample, dict[str, Any]]:
    return tempcompass.read(record, index, roots), {}


def _read_yes_no(record: Record, index: str, roots: MediaRoots) -> tuple[Sample, dict[str, Any]]:
    answer = needed(record, "answer").strip().lower()
    if answer not in {"yes", "no"}:
        raise RecordError("answer not among options", f"the answer {answer[:40]!r} is neither yes nor no")
    return tempcompass.read(_lettered(record, needed(record, "question"), _YES_NO, answer == "no"), index, roots), {}


def _read_matching(record: Record, index: str, roots: MediaRoots) -> tuple[Sample, dict[str, Any]]:
    lines = [line.strip() for line in needed(record, "question").split("\n")]
    labelled = [match for line in lines if (match := _LABELLED.fullmatch(line))]
    rest = "\n".join(line for line in lines if not _LABELLED.fullmatch(line))
    answer = needed(record, "answer").strip()
    right = [n for n, match in enumerate(labelled) if answer in {match[0], match[1], match[3]}]
    if len(right) != 1:
        detail = f"the answer {answer[:40]!r} is not one of the {len(labelled)} captions; mend or remove the record"
        raise RecordError("answer not among options", detail)
    marks = [match[2] for match in labelled]
    told = len(set(marks)) == len(marks) and all("A" <= mark <= "Z" for mark in marks)
    texts = [match[3] for match in labelled]
    options = tuple(map("{}. {}".format, marks, texts)) if told else lettered_list(texts)
    match = labelled[right[0]]
    accepted = {"accepted": [match[0], match[1], match[3]]}
    return tempcompass.read(_lettered(record, rest, options, right[0]), index, roots), accepted


def _read_captioning(record: Record, index: str, roots: MediaRoots) -> tuple[Sample, dict[str, Any]]:
    asked = {"question": needed(record, "mc_question"), "answer": needed(record, "mc_answer")}
    return tempcompass.read({**record, **asked}, index, roots), {}


def _lettered(record: Record, problem: str, options: Sequence[str], right: int) -> Record:
    """The record as a multi-choice one: the options as lettered lines behind the question."""
    return {**record, "question": "\n".join([problem, *options]), "answer": options[right]}


_READERS = {
    "multi-choice": _read_choice,
    "yes_no": _read_yes_no,
    "caption_matching": _read_matching,
    "captioning": _read_captioning,
}
