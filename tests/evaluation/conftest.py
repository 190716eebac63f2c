"""A toy checkpoint that answers A or B, generated questions about toy videos, and a run on them."""

from pathlib import Path

import pytest

from tests.evaluation.benchmarks.asking import read
from tests.evaluation.benchmarks.layouts import write_mmvu
from tests.filtering.answering import build_answering_checkpoint
from video_ktr.data.media import MediaConfig
from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.evaluation.benchmark_asking import build_asker
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.config import EvaluationConfig
from video_ktr.evaluation.runner import Evaluation
from video_ktr.evaluation.wording import Wording

PLAIN = Wording(name="plain", template=PROMPT_TEMPLATES["plain"])


@pytest.fixture(scope="session")
def eval_world(tmp_path_factory):
    """Folder with model/ and mmvu/, six questions with a video each."""
    folder = tmp_path_factory.mktemp("evaluation-world")
    build_answering_checkpoint(folder / "model")
    write_mmvu(folder / "mmvu", questions=6)
    return folder


@pytest.fixture(scope="session")
def eval_questions(eval_world):
    questions, _ = read("mmvu", eval_world / "mmvu")
    return questions


@pytest.fixture(scope="session")
def eval_config(eval_world):
    """Draws, so that questions are told apart."""
    media = MediaConfig(min_pixels=784, max_pixels=3136, max_frames=4)
    return EvaluationConfig(
        model=str(eval_world / "model"), max_new_tokens=8, batch_size=2, temperature=1.0, media=media
    )


@pytest.fixture(scope="session")
def asker(eval_config):
    return build_asker(eval_config, find_benchmark("mmvu"), PLAIN)


@pytest.fixture
def evaluation(eval_world, eval_questions, eval_config, tmp_path):
    return Evaluation(
        benchmark=find_benchmark("mmvu"),
        questions=eval_questions,
        roots=[Path(eval_world / "mmvu")],
        config=eval_config,
        wording=PLAIN,
        folder=tmp_path / "out",
        model={"name": eval_config.model, "sha256": "0"},
    )
