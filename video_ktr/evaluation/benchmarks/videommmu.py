"""VideoMMMU: what a model learns from 300 lecture videos, on three tracks of 300 questions."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import needed, tagged, text
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import ProblemType, Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question, letter_solution, lettered_list, option_lines, text_list
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.benchmarks.subjects import DISCIPLINES, subject_groups
from video_ktr.evaluation.benchmarks.video_r1_file import block_of
from video_ktr.evaluation.extraction import VIDEOMMMU_MARKS, final_answer, mmmu_choice
from video_ktr.evaluation.mmmu_open import gold_entries, open_score
from video_ktr.rewards.accuracy import parse_number

# In the order of Video-R1's file, which has no field for them.
TRACKS = ("Adaptation", "Comprehension", "Perception")


class VideoMMMU(Benchmark):
    """Three configurations, told by the folder of the file or by ``qa_type``.

    The image of an Adaptation question is the last frame of its video: frames must be sampled with both ends.
    Official: MMMU's parser of letters or of open answers; the mean of the three tracks. Where the published script
    leaves an empty output out, it is wrong here.
    """

    name = "videommmu"
    title = "VideoMMMU"
    group_names = ("track", "discipline", "subject")
    expected: Mapping[str, int] = {
        "all": 900, "Perception": 300, "Comprehension": 300, "Adaptation": 300, "Engineering": 339, "Business": 132,
        "Science": 132, "Medicine": 129, "Humanities": 105, "Art": 63,
    }  # fmt: skip
    files = ("*/test-*.parquet", "**/test-*.parquet", "**/eval_videommmu.json", "*.parquet", "*.json")
    keys = frozenset({"id", "question", "options", "answer", "question_type"})
    media_folders = ("", "VideoMMMU", "videos", *DISCIPLINES)
    official_headline = "macro:track"

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question. An open one whose answer is the letter of an option is asked as multiple choice.

        Other open ones are asked as numerical where the answer is a number, else as free-form.
        """
        record = place.record
        name, gold, question = needed(record, "id"), needed(record, "answer").strip(), needed(record, "question")
        groups = {"track": _track(place), **subject_groups(name)}
        options = lettered_list(text_list(record.get("options") or [], "options"))
        closed = text(record, "question_type") == "multiple-choice"
        if closed or gold in [option[0] for option in options]:
            kind: ProblemType = "multiple choice"
            solution = letter_solution(gold, options)
        else:
            kind, solution = open_solution(gold)
            options = ()
        discipline = groups["discipline"]
        names = [f"{discipline}/{name}.mp4", *(f"{folder}/{name}.mp4".lstrip("/") for folder in self.media_folders)]
        sample = Sample(
            problem_id=name,
            problem=question.replace("<image 1>", ""),
            problem_type=kind,
            solution=solution,
            options=options,
            data_type="video",
            path=str(roots.resolve_first(names)),
            original_question_type=text(record, "qa_type"),
            data_source="VideoMMMU",
        )
        details = {"question": question, "open": not closed}
        return Question(id=f"{groups['track']}/{name}", sample=sample, gold=gold, groups=groups, details=details)

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:
        """Tracks by the record's place in the whole file; discipline and subject by the video's name."""
        name = PurePosixPath(sample.path).stem if sample.path else ""
        return {"track": block_of(place, TRACKS, 300) or "", **subject_groups(name)}

    def official_prompt(self, question: Question) -> str:
        """The question with its lettered options; what to do with the image or the quiz at the end."""
        asked = question.details.get("question", question.sample.problem)
        parts = [asked, option_lines(question)] if question.is_choice else [asked]
        if question.groups["track"] == "Adaptation":
            kind = "multiple-choice" if question.is_choice else "open-ended"
            parts.insert(0, f"Learn from the video and use it for this {kind} question; its image ends the video.")
        else:
            parts.append("Do not heed the quiz question in the video's last frame.")
        return "\n".join(parts)

    def official_score(self, output: str, question: Question) -> float | None:
        """Score a letter or an open answer by MMMU's rules."""
        answer = final_answer(output)
        if question.details.get("open", not question.is_choice):
            return open_score(answer, question.gold)
        return float(mmmu_choice(answer, question.choices, VIDEOMMMU_MARKS) == question.right)


def open_solution(gold: str) -> tuple[ProblemType, str]:
    """Problem type and tagged solution of an open question: its first entry that is a number, else its first text."""
    entries = gold_entries(gold)
    number = next((entry for entry in entries if parse_number(entry) is not None), None)
    return ("free-form", tagged(entries[0])) if number is None else ("numerical", tagged(number))


def _track(place: Place) -> str:
    for words in (place.file.parent.name, place.file.stem, text(place.record, "qa_type")):
        for track in TRACKS:
            if track.lower() in words.lower():
                return track
    detail = f"neither the folder, the file's name nor 'qa_type' tells one of {', '.join(TRACKS)}; name the file by it"
    raise RecordError("unknown track", detail)
