"""One question about one video or image: the record that every reader of question files gives back.

The fields follow the JSON schema of Video-R1's training and evaluation files.
"""

from dataclasses import dataclass
from typing import Literal, get_args

ProblemType = Literal["multiple choice", "numerical", "regression", "OCR", "free-form", "temporal grounding", "caption"]
"""Five of the paper's data and two beyond it.

``temporal grounding``: the solution holds intervals in seconds, ``<answer>3.5 - 7.0</answer>``, several separated by
";". ``caption``: the solution is the reference text.
"""
DataType = Literal["video", "image", "text"]

PROBLEM_TYPES: tuple[str, ...] = get_args(ProblemType)
DATA_TYPES: tuple[str, ...] = get_args(DataType)
# A .gif is a video here: it is decoded frame by frame.
IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One question with its right answer.

    Example: ``Sample(problem_id="7", problem="What falls first?", problem_type="multiple choice",
    solution="<answer>B</answer>", options=("A. cup", "B. pen"), data_type="video", path="/data/clips/3.mp4")``.
    """

    problem_id: str
    """As the file has it, unique or not; a record without one gets its index."""
    problem: str
    """The question alone, without options or instructions."""
    problem_type: ProblemType
    """Decides the instruction in the prompt and how an answer is scored."""
    solution: str
    """The right answer, as ``<answer>B</answer>`` (a bare ``B`` is scored the same)."""
    options: tuple[str, ...] = ()
    """The choices, lettered already (``"A. cup"``); empty unless multiple choice."""
    data_type: DataType
    path: str | None
    """The video or image file, or a folder of frames; None for a text-only question."""
    process: str = ""
    """The whole completion to imitate in supervised fine-tuning, with its tags; empty when there is none."""
    original_question_type: str = ""
    """The kind of question in the source data set; results are broken down by it."""
    data_source: str = ""
