"""The Python of the README runs, on a checkpoint that is at hand."""

import json
import re
from pathlib import Path

import numpy as np

from tests.training.conftest import MEDIA
from video_ktr.data.media import write_video
from video_ktr.toyworld.model import build_checkpoint
from video_ktr.toyworld.rendering import render
from video_ktr.toyworld.world import sample_scene

README = Path(__file__).parents[1] / "README.md"


def test_the_trainer_example_trains(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    build_checkpoint("checkpoint", seed=0)
    write_video(render(sample_scene("parade", np.random.default_rng(0))), "clip.mp4", 2.0)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (example,) = [code for code in blocks if "Trainer(" in code]
    assert len(example.strip().splitlines()) <= 12
    question = {
        "problem_id": "7",
        "problem": "What comes first?",
        "problem_type": "multiple choice",
        "options": ["A. red", "B. blue"],
        "data_type": "video",
        "path": "clip.mp4",
        "solution": "<answer>B</answer>",
    }
    Path("questions.jsonl").write_text(json.dumps(question), encoding="utf-8")
    small = {"max_steps": 1, "max_completion_length": 4, "bf16": False, "use_cpu": True, "report_to": []}
    example = example.replace("Qwen/Qwen2.5-VL-3B-Instruct", "checkpoint")
    example = example.replace('media={"max_frames": 16})', f"media={MEDIA}, **{small})")
    names = {}
    exec(compile(example, str(README), "exec"), names)  # noqa: S102 (our own README)
    assert names["trainer"].state.global_step == 1
