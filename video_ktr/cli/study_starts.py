"""Where the starts of a study are, and the stages that make those of the toy world."""

import hashlib
import json
from pathlib import Path

from video_ktr.cli.quickstart_stages import build_stages
from video_ktr.cli.settings import Settings, check_keys
from video_ktr.cli.stages import Stage
from video_ktr.cli.study_file import Study

RECIPES = Path(__file__).parents[2] / "recipes"
SECTIONS = ("world", "base", "cold_start")


def toy_stages(output: Path, seed: int, toy: Settings) -> list[Stage]:
    """Videos, base training and cold start of the quickstart, below `output`. Raises ConfigError for bad settings."""
    check_keys(toy, SECTIONS, "toy")
    return build_stages(output, RECIPES, seed, toy)[: len(SECTIONS)]


def toy_folder(study: Study, seed: int) -> Path:
    """The folder of a toy start: the same for all studies that make it by the same settings, and for no others."""
    stages = [stage.settings for stage in toy_stages(Path("start"), seed, study.toy)]
    digest = hashlib.sha256(json.dumps(stages, sort_keys=True, default=str).encode()).hexdigest()
    return study.starts_folder / f"toy-seed{seed}-{digest[:8]}"


def resolved_start(study: Study, name: str) -> Settings:
    """`model`, and `questions` and `evaluation_questions` where the start brings its own."""
    start = study.starts[name]
    if "toy_seed" not in start:
        return start
    folder = toy_folder(study, start["toy_seed"])
    return {
        "model": str(folder / "cold_start" / "final"),
        "questions": str(folder / "world" / "train.jsonl"),
        "evaluation_questions": str(folder / "world" / "eval.jsonl"),
    }
