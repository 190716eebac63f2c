"""A toy checkpoint with random weights, a few real video files, and trainers on them."""

import numpy as np
import pytest
from datasets import Dataset
from PIL import Image
from transformers import AutoProcessor

from video_ktr.data.media import write_video
from video_ktr.toyworld.model import build_checkpoint
from video_ktr.training import VideoKTRTrainer

MEDIA = {"min_pixels": 784, "max_pixels": 3136, "max_frames": 8, "image_min_pixels": 784, "image_max_pixels": 3136}
QUESTION = {"type": "text", "text": "what comes after the red square ?"}


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    return str(build_checkpoint(tmp_path_factory.mktemp("toy") / "checkpoint", seed=0))


@pytest.fixture(scope="session")
def media_files(tmp_path_factory):
    """Four clips of 8 frames, one of 4, and an image, of random coarse blocks."""
    folder = tmp_path_factory.mktemp("media")
    generator = np.random.default_rng(0)
    files = []
    for index, frames in enumerate([8, 8, 8, 8, 4]):
        blocks = generator.integers(0, 255, (frames, 7, 7, 3), dtype=np.uint8)
        files.append(str(folder / f"{index}.mp4"))
        write_video(blocks.repeat(8, axis=1).repeat(8, axis=2), files[-1], fps=2)
    image = folder / "image.png"
    Image.fromarray(blocks[0].repeat(8, axis=0).repeat(8, axis=1)).save(image)
    return [*files, str(image)]


@pytest.fixture(scope="session")
def rows(media_files):
    """Six questions: five about videos, one about an image, and one without either; lengths differ."""

    def row(index, part):
        text = {**QUESTION, "text": QUESTION["text"] + " look" * (index % 3)}
        content = [text] if part is None else [text, part]
        return {"prompt": [{"role": "user", "content": content}], "problem_id": str(index)}

    videos = [{"type": "video", "video": path} for path in media_files[:5]]
    return [row(i, part) for i, part in enumerate([*videos, {"type": "image", "image": media_files[5]}, None])]


def letter_count(completions, **_):
    """A reward that differs between random completions."""
    return [float(len(completion[0]["content"]) % 7) for completion in completions]


@pytest.fixture
def build_trainer(checkpoint, rows, tmp_path):
    """`build_trainer(VideoKTRTrainer, beta=0.04, ...)`: a trainer on the mixed rows, ready to train on CPU."""

    def build(
        kind=VideoKTRTrainer, *, model=None, reward_funcs=letter_count, dataset=None, peft_config=None, **settings
    ):
        config = {
            "output_dir": str(tmp_path / "run"),
            "max_steps": 2,
            "per_device_train_batch_size": 8,
            "num_generations": 4,
            "max_completion_length": 10,
            "media": dict(MEDIA),
            "bf16": False,
            "use_cpu": True,
            "gradient_checkpointing": False,
            "learning_rate": 1e-3,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": [],
            "disable_tqdm": True,
            "beta": 0.0,
            **settings,
        }
        args = kind.config_type(**config)
        return kind(
            model=model or checkpoint,
            reward_funcs=reward_funcs,
            args=args,
            train_dataset=Dataset.from_list(rows) if dataset is None else dataset,
            processing_class=AutoProcessor.from_pretrained(checkpoint),
            peft_config=peft_config,
        )

    return build


@pytest.fixture
def rollouts():
    """`rollouts(trainer, rows)`: what TRL's loss is given, for whole groups of the given rows."""

    def generate(trainer, chosen):
        trainer.model.train()
        # What `Trainer.train` sets before the first step.
        trainer.current_gradient_accumulation_steps = 1
        inputs = [row for row in chosen for _ in range(trainer.num_generations)]
        return trainer._generate_and_score_completions(inputs)

    return generate
