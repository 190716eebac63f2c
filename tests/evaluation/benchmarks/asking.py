"""Questions made by hand, and the questions of a file."""

import os
from pathlib import Path

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.rejects import Rejects
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks import Question, find_benchmark

SHARED = Path(os.environ.get("VIDEO_KTR_SHARED_DATA", Path(__file__).resolve().parents[3] / "../shared/data"))


def choice(right="B", texts=("cup", "pen", "cat", "dog"), *, groups=None, details=None, gold=None):
    """A multiple-choice question with lettered options."""
    options = tuple(f"{letter}. {text}" for letter, text in zip("ABCDEFGHIJ", texts, strict=False))
    return asked("multiple choice", right, options, groups=groups, details=details, gold=gold)


def asked(kind, right, options=(), *, groups=None, details=None, gold=None):
    """A question of any kind."""
    sample = Sample(
        problem_id="1",
        problem="What falls?",
        problem_type=kind,
        solution=f"<answer>{right}</answer>",
        options=options,
        data_type="video",
        path="/data/1.mp4",
    )
    return Question(id="1", sample=sample, gold=gold or right, groups=groups or {}, details=details or {})


def read(name, source, root=None):
    """All questions of a source, and what was left out."""
    rejects = Rejects()
    roots = MediaRoots([root or (source if source.is_dir() else source.parent)])
    return list(find_benchmark(name).read(source, roots, rejects)), rejects


def official(name, output, question):
    """The official score."""
    return find_benchmark(name).official_score(output, question)


def video_r1_row(number=1, **changes):
    """A record of Video-R1's evaluation files."""
    row = {
        "problem_id": number,
        "problem": "What falls?",
        "data_type": "video",
        "problem_type": "multiple choice",
        "original_question_type": "",
        "options": ["A. cup", "B. pen"],
        "process": "",
        "solution": "<answer>B</answer>",
        "path": f"./Evaluation/X/{number}.mp4",
        "data_source": "",
    }
    return row | changes
