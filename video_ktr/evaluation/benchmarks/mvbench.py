"""MVBench: 20 tasks of 200 questions on short clips."""

import re
from collections.abc import Mapping

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import needed
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question, letter_solution, lettered_list, option_lines, text_list
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.benchmarks.video_r1_file import block_of
from video_ktr.evaluation.extraction import final_answer

_CLEVRER, _PERCEPTION, _STAR = "clevrer/video_validation", "perception/videos", "star/Charades_v1_480"
TASK_FOLDERS = {
    "action_antonym": "ssv2_video",
    "action_count": _PERCEPTION,
    "action_localization": "sta/sta_video",
    "action_prediction": _STAR,
    "action_sequence": _STAR,
    "character_order": _PERCEPTION,
    "counterfactual_inference": _CLEVRER,
    "egocentric_navigation": "vlnqa",
    "episodic_reasoning": "tvqa/frames_fps3_hq",
    "fine_grained_action": "Moments_in_Time_Raw/videos",
    "fine_grained_pose": "nturgbd",
    "moving_attribute": _CLEVRER,
    "moving_count": _CLEVRER,
    "moving_direction": _CLEVRER,
    "object_existence": _CLEVRER,
    "object_interaction": _STAR,
    "object_shuffle": _PERCEPTION,
    "scene_transition": "scene_qa/video",
    "state_change": _PERCEPTION,
    "unexpected_action": "FunQA_test/test",
}
"""Where a task's clips lie; in alphabetical order, as the tasks stand in Video-R1's file."""
_REPLY = re.compile(r"\s*(?:Best option:\s*)?\(?([A-Z])(?:[).:,]|\s*\Z)")


class MVBench(Benchmark):
    """One JSON file a task. Clips with ``start`` and ``end`` are asked whole, as in Video-R1's evaluation.

    Official: the letter that the answer begins with; the mean of the tasks. An empty answer is wrong here (lmms-eval
    leaves it out).
    """

    name = "mvbench"
    title = "MVBench"
    group_names = ("task",)
    expected: Mapping[str, int] = {"all": 4000, **dict.fromkeys(TASK_FOLDERS, 200)}
    files = ("json/*.json", "**/json/*.json", "**/eval_mvbench.json", "*.json")
    keys = frozenset({"video", "question", "candidates", "answer"})
    official_headline = "macro:task"

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question of the task that the file is named by."""
        record, task = place.record, place.file.stem
        if task not in TASK_FOLDERS:
            raise RecordError("unknown task", f"the file's name {task!r} is no task; name it as the set does")
        texts, gold = text_list(record.get("candidates"), "candidates"), needed(record, "answer")
        options, video = lettered_list(texts), needed(record, "video")
        folder = TASK_FOLDERS[task]
        names = [f"{top}{folder}/{video}" for top in ("video/", "", "MVBench/", "MVBench/video/")]
        letter = options[texts.index(gold)][0] if gold in texts else gold
        sample = Sample(
            problem_id=str(place.index),
            problem=needed(record, "question"),
            problem_type="multiple choice",
            solution=letter_solution(letter, options),
            options=options,
            data_type="video",
            path=str(roots.resolve_first(names)),
            original_question_type=task,
            data_source="MVBench",
        )
        details = {key: record[key] for key in ("start", "end") if isinstance(record.get(key), int | float)}
        return Question(id=f"{task}/{place.index}", sample=sample, gold=gold, groups={"task": task}, details=details)

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:
        """Tasks by the record's place in the whole file, which has no field for them, unless one names the task."""
        named = sample.original_question_type
        return {"task": named if named in TASK_FOLDERS else block_of(place, list(TASK_FOLDERS), 200) or ""}

    def official_prompt(self, question: Question) -> str:
        """The question with its options in brackets and a request for the best one alone."""
        options = option_lines(question, "({letter}) {text}")
        return f"Question: {question.sample.problem}\nOptions:\n{options}\nGive the best option alone.\nBest option:"

    def official_score(self, output: str, question: Question) -> float | None:
        """Score the letter at the beginning."""
        match = _REPLY.match(final_answer(output))
        return float(match is not None and match[1] == question.right)
