"""VideoMME: 900 short, medium and long videos of many domains, with or without their subtitles."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import needed, text
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question, letter_solution, text_list
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.benchmarks.subtitles import lines_at, read_srt
from video_ktr.evaluation.extraction import final_answer, videomme_letter

_GROUPS = ("duration", "domain", "sub_category", "task_type")


class VideoMME(Benchmark):
    """The test table. With `subtitles`, those shown at the sampled frames stand before the question.

    The paper's numbers are without. A video that has no subtitle file is asked without. Official: the first A, B, C or
    D of the answer, known beginnings taken out; an answer without any is wrong here (the published script leaves it
    out of the mean).
    """

    group_names = _GROUPS
    expected: Mapping[str, int] = {
        "all": 2700, "short": 900, "medium": 900, "long": 900, "Knowledge": 810, "Life Record": 630,
        "Sports Competition": 450, "Film & Television": 360, "Artistic Performance": 360, "Multilingual": 90,
        "Object Reasoning": 454, "Object Recognition": 354, "Information Synopsis": 323, "Action Recognition": 313,
        "Action Reasoning": 285, "Counting Problem": 268, "Attribute Perception": 222, "Temporal Reasoning": 177,
        "OCR Problems": 139, "Spatial Reasoning": 56, "Temporal Perception": 55, "Spatial Perception": 54,
    }  # fmt: skip
    files = ("**/test-*.parquet", "**/eval_videomme.json", "*.parquet", "*.json")
    keys = frozenset({"videoID", "question_id", "question", "options", "answer"})
    media_folders = ("data", "VideoMME/data", "Video-MME/data", "videos", "")

    def __init__(self, *, subtitles: bool = False):
        self.needs_frame_times = subtitles
        self.name = "videomme_subtitles" if subtitles else "videomme"
        self.title = "VideoMME (w/ subtitles)" if subtitles else "VideoMME"

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question; its options have their letters already."""
        record = place.record
        options, gold = tuple(text_list(record.get("options"), "options")), needed(record, "answer").strip()
        video = needed(record, "videoID")
        names = [f"{folder}/{video}.mp4".lstrip("/") for folder in self.media_folders]
        sample = Sample(
            problem_id=needed(record, "question_id"),
            problem=needed(record, "question"),
            problem_type="multiple choice",
            solution=letter_solution(gold, options),
            options=options,
            data_type="video",
            path=str(roots.resolve_first(names)),
            original_question_type=text(record, "task_type"),
            data_source="VideoMME",
        )
        return Question(
            id=sample.problem_id,
            sample=sample,
            gold=gold,
            groups={name: needed(record, name) for name in _GROUPS},
            details=_subtitle_file(video, roots),
        )

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:
        """Video-R1's file keeps the set's own fields; its question type is the task."""
        told = {name: text(place.record, name) for name in _GROUPS}
        return told | {"task_type": told["task_type"] or sample.original_question_type}

    def video_r1_details(self, sample: Sample, roots: MediaRoots) -> Mapping[str, Any]:
        """The subtitles are named as the video."""
        return _subtitle_file(PurePosixPath(sample.path).stem, roots) if sample.path else {}

    def at_frames(self, question: Question, seconds: Sequence[float]) -> Question:
        """With `subtitles`: the question behind the subtitles shown at `seconds`, unless there are none."""
        file = question.details.get("subtitle")
        lines = lines_at(read_srt(file), seconds) if self.needs_frame_times and file else []
        if not lines:
            return question
        problem = "\n".join(["The subtitles of this video:", *lines, question.sample.problem])
        return replace(question, sample=replace(question.sample, problem=problem))

    def official_prompt(self, question: Question) -> str:
        """The question with its options and a request for the letter alone."""
        options = "\n".join(question.sample.options)
        return (
            f"{question.sample.problem}\n{options}\n"
            "Choose the best answer by the video and reply with its letter alone (A, B, C or D).\nThe best answer is:"
        )

    def official_score(self, output: str, question: Question) -> float | None:
        """Score the first letter."""
        return float(videomme_letter(final_answer(output)) == question.right)


def _subtitle_file(video: str, roots: MediaRoots) -> dict[str, str]:
    """The path of a video's subtitles, "" without any."""
    path = roots.resolve_first([f"{folder}{video}.srt" for folder in ("subtitle/", "VideoMME/subtitle/", "")])
    return {"subtitle": str(path) if Path(path).exists() else ""}
