"""The toy world on disk: real MP4 files and four question files.

folder/videos/{base,train,eval}/00000.mp4 ...
folder/{base,cold_start,train,eval}.jsonl
folder/complete.json            written last, with the configuration that made the rest
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.progress import track

from video_ktr.data.media import write_video
from video_ktr.data.sample import Sample, write_samples
from video_ktr.errors import ConfigError
from video_ktr.toyworld.questions import SCENE_OF_TYPE, QuestionType
from video_ktr.toyworld.rendering import render
from video_ktr.toyworld.samples import Video, draw_chain_samples, draw_question_samples, draw_videos
from video_ktr.toyworld.world import FRAMES_PER_SECOND, SceneKind

MARKER = "complete.json"
LAYOUT_VERSION = 2  # raise it whenever the same configuration would give other files

# Types that the tiny model learns late are asked more often in base training.
BASE_TYPE_WEIGHTS: dict[QuestionType, float] = {
    "order": 0.22,
    "after": 0.28,
    "attr": 0.2,
    "motion": 0.12,
    "count": 0.18,
}


@dataclass(frozen=True, kw_only=True)
class ToyDataConfig:
    """Sizes and mixture of the toy data. Raises ConfigError when a size is below one or a ratio outside [0, 1]."""

    seed: int = 0
    """Fixes every scene, question and chain."""
    base_videos: int = 6000
    """Videos behind base training and cold start, equally many parades, counts and motions, plus the blank ones."""
    blank_videos: int = 200
    """Videos of one grey level among the base videos' files, so that a hidden video is nothing new to the model."""
    base_samples: int = 25600
    """Questions of base training: 800 steps of 32."""
    cold_start_samples: int = 2400
    """Questions of the cold start: 75 steps of 32."""
    train_samples: int = 480
    """Questions of reinforcement learning, each type equally often."""
    eval_samples: int = 400
    """Held-out questions, each type equally often, each on a video of its own."""
    base_motion_first: int = 3200
    """How many questions at the head of the base file ask about motion alone; read the file in its order."""
    base_invented_ratio: float = 0.03
    """Share of made-up chains in base training, so that their opening words are known before the cold start."""
    cold_start_invented_ratio: float = 0.65
    """Share of made-up chains in the cold start: the head-room of reinforcement learning."""
    blank_ratio: float = 0.03
    """Share of base-training questions about a blank video."""

    def __post_init__(self) -> None:
        if self.base_motion_first < 0:
            raise ConfigError(f"toy data: base_motion_first is {self.base_motion_first}; give 0 or more")
        for name, value in asdict(self).items():
            if name.endswith("_ratio") and not 0 <= value <= 1:
                raise ConfigError(f"toy data: {name} is {value}; give a share between 0 and 1")
            if name.endswith(("_videos", "_samples")) and value < (3 if name == "base_videos" else 1):
                raise ConfigError(f"toy data: {name} is {value}; give at least {3 if name == 'base_videos' else 1}")


@dataclass(frozen=True, kw_only=True)
class ToyDataset:
    """Where the four question files are."""

    base: Path
    cold_start: Path
    train: Path
    eval: Path


def build_dataset(folder: str | Path, config: ToyDataConfig | None = None, *, show_progress: bool = True) -> ToyDataset:
    """Write videos and question files below `folder`, or find them there complete and leave them.

    A folder that was left half written by the same configuration is completed; files appear whole or not at all, so
    that several processes may build the same folder. Raises ConfigError when the folder holds the complete data of
    another configuration.
    """
    config = config or ToyDataConfig()
    root = Path(folder)
    dataset = ToyDataset(
        base=root / "base.jsonl",
        cold_start=root / "cold_start.jsonl",
        train=root / "train.jsonl",
        eval=root / "eval.jsonl",
    )
    if _is_complete(root, config):
        return dataset
    base = draw_videos("base", _base_kinds(config), config.seed)
    train = draw_videos("train", _question_kinds(config.train_samples), config.seed)
    held_out = draw_videos("eval", _question_kinds(config.eval_samples), config.seed)
    _write_videos(root, [*base, *train, *held_out], show_progress=show_progress)
    for split, samples in _chain_samples(base, config).items():
        write_samples(samples, root / f"{split}.jsonl")
    write_samples(draw_question_samples("train", train, config.train_samples, config.seed), dataset.train)
    write_samples(draw_question_samples("eval", held_out, config.eval_samples, config.seed), dataset.eval)
    _write_marker(root, config)
    return dataset


def _chain_samples(videos: list[Video], config: ToyDataConfig) -> dict[str, list[Sample]]:
    return {
        "base": draw_chain_samples(
            "base",
            videos,
            config.base_samples,
            config.seed,
            invented_ratio=config.base_invented_ratio,
            blank_ratio=config.blank_ratio,
            motion_first=config.base_motion_first,
            type_weights=BASE_TYPE_WEIGHTS,
        ),
        "cold_start": draw_chain_samples(
            "cold_start",
            videos,
            config.cold_start_samples,
            config.seed,
            invented_ratio=config.cold_start_invented_ratio,
            blank_ratio=0.0,
        ),
    }


def _base_kinds(config: ToyDataConfig) -> list[SceneKind]:
    kinds: tuple[SceneKind, ...] = ("parade", "count", "motion")
    return [kinds[index % 3] for index in range(config.base_videos)] + ["blank"] * config.blank_videos


def _question_kinds(number: int) -> list[SceneKind]:
    kinds = list(SCENE_OF_TYPE.values())
    return [kinds[index % len(kinds)] for index in range(number)]


def _write_videos(root: Path, videos: list[Video], *, show_progress: bool) -> None:
    for video in track(videos, description="toy videos", disable=not show_progress):
        target = root / video.path
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{os.getpid()}-{target.name}")
        write_video(render(video.scene), partial, FRAMES_PER_SECOND)
        os.replace(partial, target)


def _fingerprint(config: ToyDataConfig) -> dict[str, object]:
    return {"layout": LAYOUT_VERSION, **asdict(config)}


def _is_complete(root: Path, config: ToyDataConfig) -> bool:
    marker = root / MARKER
    if not marker.exists():
        return False
    if json.loads(marker.read_text()) != _fingerprint(config):
        raise ConfigError(f"{root}: holds toy data of other settings; remove the folder or choose another one")
    return True


def _write_marker(root: Path, config: ToyDataConfig) -> None:
    partial = root / f".{os.getpid()}-{MARKER}"
    partial.write_text(json.dumps(_fingerprint(config), indent=1) + "\n")
    os.replace(partial, root / MARKER)
