"""Questions about scenes turned into `Sample` records.

Four splits: `base` (true chains of thought, a few made-up ones, a few blank videos), `cold_start` (mostly made-up
chains), `train` (reinforcement learning: no chain) and `eval` (held out). The three uses that must not leak into each
other (base with cold start, train, eval) draw their scenes from separate streams of random numbers.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from video_ktr.data.sample import Sample
from video_ktr.toyworld.chains import answer_letter, grounded_chain, invented_chain
from video_ktr.toyworld.questions import (
    QUESTION_TYPES,
    SCENE_OF_TYPE,
    Question,
    QuestionType,
    answerable_questions,
    questions_about,
)
from video_ktr.toyworld.world import Scene, SceneKind, sample_scene

T = TypeVar("T")

DATA_SOURCE = "video-ktr toy world"
# One stream of random numbers for each use of the seed.
STREAMS = {"videos": 0, "base": 1, "cold_start": 2, "train": 3, "eval": 4}


class Video(NamedTuple):
    """A scene and the file, relative to the data folder, that shows it."""

    path: str
    scene: Scene


def draw_videos(group: str, kinds: Sequence[SceneKind], seed: int) -> list[Video]:
    """Draw one scene for every kind named; `group` ("base", "train", "eval") names the files and the random stream."""
    videos = []
    for index, kind in enumerate(kinds):
        rng = np.random.default_rng([seed, STREAMS["videos"], STREAMS[group], index])
        videos.append(Video(f"videos/{group}/{index:05d}.mp4", sample_scene(kind, rng)))
    return videos


def draw_chain_samples(
    split: str,
    videos: Sequence[Video],
    number: int,
    seed: int,
    *,
    invented_ratio: float,
    blank_ratio: float,
    motion_first: int = 0,
    type_weights: Mapping[QuestionType, float] | None = None,
) -> list[Sample]:
    """Draw `number` samples with a completion to imitate; question types are equally likely unless weighted.

    The first `motion_first` samples ask about motion alone: a model that learns colours and shapes first drops the
    place of a figure from its visual features, and then takes far longer to see where it goes.
    With probability `blank_ratio` the question meets a blank video and the chain is made up (there is nothing to see);
    otherwise the chain is made up with probability `invented_ratio` and true to the scene else.
    """
    rng = np.random.default_rng([seed, STREAMS[split]])
    by_kind = _group_by_kind(videos)
    weights = np.array([(type_weights or {}).get(kind, 1.0) for kind in QUESTION_TYPES])
    samples = []
    for index in range(number):
        kind: QuestionType = "motion"
        if index >= motion_first:
            kind = QUESTION_TYPES[int(rng.choice(len(QUESTION_TYPES), p=weights / weights.sum()))]
        if rng.random() < blank_ratio:
            video, question = _pick(by_kind["blank"], rng), _pick(questions_about(kind), rng)
            completion = invented_chain(question, rng)
        else:
            video, question = _pick_pair(by_kind[SCENE_OF_TYPE[kind]], kind, rng)
            invented = rng.random() < invented_ratio
            completion = invented_chain(question, rng) if invented else grounded_chain(question, video.scene, rng)
        samples.append(_sample(f"{split}-{index}", question, video, answer_letter(completion), completion))
    return samples


def draw_question_samples(split: str, videos: Sequence[Video], number: int, seed: int) -> list[Sample]:
    """Draw `number` samples without a chain, the five types in turn; a video is used again only when all have been."""
    rng = np.random.default_rng([seed, STREAMS[split]])
    by_kind = {kind: _shuffled(group, rng) for kind, group in _group_by_kind(videos).items()}
    used = dict.fromkeys(by_kind, 0)
    samples = []
    for index in range(number):
        kind = QUESTION_TYPES[index % len(QUESTION_TYPES)]
        group = by_kind[SCENE_OF_TYPE[kind]]
        video = group[used[SCENE_OF_TYPE[kind]] % len(group)]
        used[SCENE_OF_TYPE[kind]] += 1
        question = _pick(answerable_questions(video.scene, kind), rng)
        samples.append(_sample(f"{split}-{index}", question, video, _right_letter(question, video.scene), ""))
    return samples


def _sample(problem_id: str, question: Question, video: Video, letter: str, completion: str) -> Sample:
    return Sample(
        problem_id=problem_id,
        problem=question.text,
        problem_type="multiple choice",
        solution=f"<answer>{letter}</answer>",
        options=question.options,
        data_type="video",
        path=video.path,
        process=completion,
        original_question_type=question.kind,
        data_source=DATA_SOURCE,
    )


def _right_letter(question: Question, scene: Scene) -> str:
    word = question.answer(scene)
    if word is None:
        raise ValueError(f"the scene does not answer {question.text!r}")
    return question.letter(word)


def _group_by_kind(videos: Sequence[Video]) -> dict[SceneKind, list[Video]]:
    groups: dict[SceneKind, list[Video]] = {}
    for video in videos:
        groups.setdefault(video.scene.kind, []).append(video)
    return groups


def _pick_pair(videos: list[Video], kind: QuestionType, rng: np.random.Generator) -> tuple[Video, Question]:
    video = _pick(videos, rng)
    return video, _pick(answerable_questions(video.scene, kind), rng)


def _pick(items: Sequence[T], rng: np.random.Generator) -> T:
    return items[int(rng.integers(len(items)))]


def _shuffled(items: Sequence[T], rng: np.random.Generator) -> list[T]:
    return [items[index] for index in rng.permutation(len(items))]
